// Elements. Recorded text reaches the page only as the text of a node or the value of an attribute, never as markup.

// Return a new element: its attributes (`on…` are listeners, `text` is its text, undefined is left out), its children.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "text") made.textContent = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
}

export function chip(text, tone = "") {
  return element("span", { class: `chip ${tone}`, text });
}

// Return a list of names and values; a pair without a value is left out.
export function facts(pairs) {
  const list = element("dl");
  for (const [name, value] of pairs) {
    if (value === undefined || value === null || value === "") continue;
    list.append(element("dt", { text: name }), element("dd", {}, value));
  }
  return list;
}

// Set an element's text if it is another one: the browser lays out again whatever is set. The text is a new node: one
// that stayed would count as moved if it is centred and has another width.
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

// Return the index of the last item that an event up to this one gave; -1 without one. The items are in that order.
export function lastUpTo(items, event) {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle].index <= event) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

// Return a row of a table.
export function row(...cells) {
  return element("tr", {}, ...cells.map((cell) => element("td", {}, cell ?? "")));
}

// Return a table with these heads.
export function table(columns, rows) {
  const heads = columns.map((name) => element("th", { scope: "col", text: name }));
  return element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));
}
