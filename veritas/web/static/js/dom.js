// Elements without markup: all text is text, whatever a page wrote into it.

/** Return the element with an id; it is an error if there is none. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`There is no element ${id}.`);
  return found;
}

/** Return a new element. `attributes` become attributes (true is an empty one; false, null and undefined are left out). */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, String(value));
  }
  made.append(...children.filter((child) => child != null).map((child) => (child instanceof Node ? child : String(child))));
  return made;
}

/** Set an element's text if it is another one, so that nothing is announced or laid out again without a change. */
export function setText(target, text) {
  const wanted = text == null ? "" : String(text);
  if (target.textContent !== wanted) target.textContent = wanted;
}
