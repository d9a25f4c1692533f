// Walk the page once, as it is rendered, and return what the detectors look at: see `element.py` for the fields.
//
// It runs in a world of its own, so nothing that the page's scripts redefine reaches it. What does reach it is the DOM:
// a form's controls shadow its properties by name (<input name="children">), so properties are read through their
// prototypes' getters. Limits: {nodes, elements, depth, text, characters, milliseconds}.
(limits) => {
  "use strict";
  const getter = (prototype, name) => {
    const { get } = Object.getOwnPropertyDescriptor(prototype, name);
    return (node) => get.call(node);
  };
  const firstChild = getter(Node.prototype, "firstChild");
  const nextSibling = getter(Node.prototype, "nextSibling");
  const previousSibling = getter(Node.prototype, "previousSibling");
  const nodeType = getter(Node.prototype, "nodeType");
  const isConnected = getter(Node.prototype, "isConnected");
  const localName = getter(Element.prototype, "localName");
  const idOf = getter(Element.prototype, "id");
  const shadowRootOf = getter(Element.prototype, "shadowRoot");
  const attribute = (element, name) => Element.prototype.getAttribute.call(element, name);
  const rectOf = (element) => Element.prototype.getBoundingClientRect.call(element);
  const contains = (outer, inner) => Node.prototype.contains.call(outer, inner);
  const rootElement = getter(Document.prototype, "documentElement");
  const viewOf = getter(Document.prototype, "defaultView");

  const UNSEEN = new Set(["script", "style", "noscript", "template", "head", "meta", "link", "title", "datalist", "object"]);
  const TOGGLES = new Set(["checkbox", "radio", "switch", "menuitemcheckbox", "menuitemradio"]);
  const BUTTON_TYPES = new Set(["submit", "button", "reset", "image"]);

  const deadline = performance.now() + limits.milliseconds;
  const elements = [];
  let visited = 0;
  let characters = 0;
  let truncated = false;
  let closedFrames = 0;

  const collapse = (text) => text.replace(/\s+/g, " ");
  const cut = (text) => (text.length > limits.text ? text.slice(0, limits.text) : text);

  // Colours: [r, g, b, alpha]; what is not rgb() is painted to learn what it is.
  const colours = new Map();
  const canvas = Document.prototype.createElement.call(document, "canvas").getContext("2d", { willReadFrequently: true });
  const colour = (css) => {
    let known = colours.get(css);
    if (!known) {
      const match = /^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/.exec(css);
      if (match) {
        known = [+match[1], +match[2], +match[3], match[4] === undefined ? 1 : +match[4]];
      } else {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = css;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        known = [r, g, b, a / 255];
      }
      colours.set(css, known);
    }
    return known;
  };
  const over = (top, bottom) => {
    const alpha = top[3];
    return [0, 1, 2].map((i) => top[i] * alpha + bottom[i] * (1 - alpha));
  };

  // An element's selector: the nearest unique id, and the way from there. `>>` goes into a shadow root or a frame.
  const idCounts = new Map();
  const countIds = (root) => {
    const counts = new Map();
    const found = (nodeType(root) === 9 ? Document.prototype : DocumentFragment.prototype).querySelectorAll.call(root, "[id]");
    for (let i = 0; i < found.length && i < limits.nodes; i++) {
      const id = attribute(found[i], "id");
      counts.set(id, (counts.get(id) || 0) + 1);
    }
    idCounts.set(root, counts);
  };
  const step = (element, within, index) => {
    const id = attribute(element, "id");
    const lasting = id && id.length <= 60 && /^[A-Za-z][\w-]*$/.test(id) && !/\d{3}/.test(id);
    if (lasting && idCounts.get(within.root).get(id) === 1) return within.prefix + "#" + id;
    const name = localName(element);
    if (name === "body" && within.path === within.prefix + "html") return within.prefix + "body";
    const own = CSS.escape(name) + ":nth-of-type(" + index + ")";
    return within.path === within.prefix ? within.prefix + own : within.path + " > " + own;
  };
  const indexOfType = (element) => {
    const name = localName(element);
    let index = 1;
    for (let node = previousSibling(element); node; node = previousSibling(node)) {
      if (nodeType(node) === 1 && localName(node) === name) index++;
    }
    return index;
  };

  const labelOf = (element, root) => {
    const texts = [];
    let seen = false;
    const add = (label) => {
      texts.push(collapse(label.textContent || ""));
      const box = rectOf(label);
      seen = seen || (box.width > 0 && box.height > 0);
    };
    const labels = element.labels;
    if (labels instanceof NodeList) for (const label of labels) add(label);
    const ids = attribute(element, "aria-labelledby");
    if (!texts.length && ids) {
      for (const id of ids.split(/\s+/).slice(0, 5)) {
        const label = root.getElementById ? root.getElementById(id) : null;
        if (label) add(label);
      }
    }
    const said = attribute(element, "aria-label");
    if (!texts.length && said) texts.push(said);
    return { label: cut(collapse(texts.join(" ")).trim()), seen };
  };

  const optionsOf = (select) => {
    const options = [];
    const list = getter(HTMLSelectElement.prototype, "options")(select);
    for (let i = 0; i < list.length && i < 50; i++) {
      options.push({ text: cut(collapse(list[i].textContent || "").trim()), selected: list[i].selected, disabled: list[i].disabled });
    }
    return options;
  };

  // How much of the window's points this element is on top of.
  const blocks = (element, view) => {
    let hits = 0;
    for (let row = 0; row < 5; row++) {
      for (let column = 0; column < 5; column++) {
        const x = ((column + 0.5) * view.innerWidth) / 5;
        const y = ((row + 0.5) * view.innerHeight) / 5;
        const top = Document.prototype.elementFromPoint.call(view.document, x, y);
        if (top && contains(element, top)) hits++;
      }
    }
    return hits / 25;
  };

  // Visit an element and what is in it; return the text that can be seen of it.
  const visit = (element, selector, inherited) => {
    if (++visited > limits.nodes || inherited.depth > limits.depth || performance.now() > deadline) {
      truncated = true;
      return "";
    }
    const name = localName(element);
    if (UNSEEN.has(name)) return "";
    const view = inherited.view;
    const style = view.getComputedStyle(element);
    const type = (attribute(element, "type") || "").toLowerCase();
    const role = (attribute(element, "role") || "").trim().toLowerCase();
    const isInput = name === "input";
    const isToggle = (isInput && TOGGLES.has(type)) || TOGGLES.has(role);
    const gone = style.display === "none";
    if (gone && !isToggle) return "";

    const box = rectOf(element);
    const rect = [box.left + view.scrollX + inherited.x, box.top + view.scrollY + inherited.y, box.width, box.height];
    const opacity = inherited.opacity * parseFloat(style.opacity || "1");
    const paint = colour(style.backgroundColor);
    const background = over(paint, inherited.background);
    const plain = paint[3] === 1 || (inherited.plain && style.backgroundImage === "none");
    const clips = style.overflowX !== "visible" || style.overflowY !== "visible" || style.clip !== "auto" || style.clipPath !== "none";
    const cropped = inherited.cropped || (clips && (box.width < 2 || box.height < 2)) || /inset\((50|100)%/.test(style.clipPath);
    const drawn = !gone && style.visibility === "visible" && opacity > 0.02 && !cropped;
    const away = rect[0] + rect[2] <= 0 || rect[1] + rect[3] <= 0;
    const position = style.position;
    const layered = position === "fixed" || position === "sticky" ? position : inherited.layered;

    const record = { parent: inherited.parent, tag: name, selector, rect: rect.map((n) => Math.round(n * 10) / 10) };
    const index = elements.length;
    if (index < limits.elements && characters < limits.characters) {
      elements.push(record);
      characters += selector.length + 300;
    } else {
      truncated = true;
      return "";
    }

    const within = {
      depth: inherited.depth + 1, parent: index, view, x: inherited.x, y: inherited.y, opacity, background, plain,
      cropped, layered, pointer: style.cursor === "pointer", root: inherited.root, prefix: inherited.prefix, path: selector,
    };
    let text = "";
    let own = "";
    let blocksWithin = false;

    const take = (node, childSelector) => {
      const said = visit(node, childSelector, within);
      if (!said.trim()) {
        if (said) text += " ";
        return;
      }
      const inline = elements[within.last] && elements[within.last].inline;
      if (!inline) blocksWithin = true;
      text += inline ? said : " " + said + " ";
    };
    const walk = (from, childStep) => {
      const counts = new Map();
      for (let node = from; node && !truncated; node = nextSibling(node)) {
        const kind = nodeType(node);
        if (kind === 3) {
          const said = collapse(node.data.length > 4 * limits.text ? node.data.slice(0, 4 * limits.text) : node.data);
          if (drawn && !away && parseFloat(style.fontSize) > 0) {
            if (text.length < 2 * limits.text) text += said;
            if (own.length < limits.text) own += said;
          }
        } else if (kind === 1) {
          const tag = localName(node);
          counts.set(tag, (counts.get(tag) || 0) + 1);
          if (tag === "br") { text += " "; own += " "; continue; }
          within.last = elements.length;
          take(node, childStep(node, counts.get(tag)));
        }
      }
    };

    if (name === "iframe" || name === "frame") {
      const inner = element.contentDocument;
      if (!inner || !rootElement(inner)) closedFrames += 1;
      else if (box.width > 1 && box.height > 1) {
        countIds(inner);
        const frame = {
          ...within, view: viewOf(inner), root: inner, prefix: selector + " >> ", path: selector + " >> ",
          x: rect[0] + element.clientLeft, y: rect[1] + element.clientTop, background: [255, 255, 255], plain: true,
        };
        within.last = elements.length;
        text += " " + visit(rootElement(inner), frame.prefix + "html", frame) + " ";
      }
    }
    const shadow = shadowRootOf(element);
    if (shadow) {
      countIds(shadow);
      within.root = shadow;
      within.prefix = within.path = selector + " >> ";
      within.host = { selector, root: inherited.root, prefix: inherited.prefix };
      walk(firstChild(shadow), (node, count) => step(node, within, count));
    } else if (name === "slot" && inherited.host) {
      within.host = inherited.host;
      const assigned = HTMLSlotElement.prototype.assignedNodes.call(element);
      if (assigned.length) {
        const host = { root: inherited.host.root, prefix: inherited.host.prefix, path: inherited.host.selector };
        for (const node of assigned.slice(0, 500)) {
          if (nodeType(node) === 3) {
            text += collapse(node.data);
            own += collapse(node.data);
          } else if (nodeType(node) === 1) {
            within.last = elements.length;
            take(node, step(node, host, indexOfType(node)));
          }
        }
      } else walk(firstChild(element), (node, count) => step(node, within, count));
    } else if (name !== "select" && name !== "textarea" && name !== "iframe" && name !== "svg") {
      within.host = inherited.host;
      walk(firstChild(element), (node, count) => step(node, within, count));
    }

    if (isInput && BUTTON_TYPES.has(type)) {
      text = own = attribute(element, "value") || attribute(element, "alt") || (type === "submit" ? "Submit" : type === "reset" ? "Reset" : "");
      if (!drawn) text = own = "";
    }
    text = collapse(text);
    const full = text.length;
    text = cut(text.trim());
    const visible = drawn && !away && box.width > 0 && box.height > 0;

    record.inline = style.display.startsWith("inline") && style.display !== "inline-flex" && style.display !== "inline-grid";
    if (style.display === "inline-block") record.inline = false;
    if (style.display === "contents") record.inline = !blocksWithin;
    record.visible = visible;
    if (full <= limits.text) record.text = text;
    characters += full <= limits.text ? text.length : 0;
    record.own = cut(collapse(own).trim());
    record.leaf = !blocksWithin && text.length > 0;
    const clickable =
      (name === "a" && (attribute(element, "href") !== null || attribute(element, "onclick") !== null)) || name === "button" ||
      name === "summary" || (isInput && BUTTON_TYPES.has(type)) || role === "button" || role === "link" ||
      attribute(element, "onclick") !== null ||
      (style.cursor === "pointer" && !inherited.pointer && name !== "label" && !isToggle && name !== "select");
    if (clickable || isToggle || record.own || record.leaf || name === "select" || isInput) {
      record.colour = colour(style.color);
      record.background = background.map(Math.round);
      record.plain = plain;
      record.opacity = Math.round(opacity * 1000) / 1000;
      record.font = parseFloat(style.fontSize) || 0;
      record.bold = parseInt(style.fontWeight, 10) >= 700;
    }
    if (clickable) {
      record.clickable = true;
      const said = attribute(element, "aria-label") || attribute(element, "title");
      if (said) record.said = cut(collapse(said));
    }
    if (role) record.role = role;
    const marks = (idOf(element) || "") + " " + (attribute(element, "class") || "");
    if (marks.length > 1) record.marks = marks.slice(0, 200);
    if (isToggle || name === "select" || isInput || name === "textarea") {
      const { label, seen } = labelOf(element, inherited.root);
      record.control = isToggle ? (isInput && role !== "switch" ? type : role.replace("menuitem", "")) : name === "input" ? type || "text" : name;
      record.name = (attribute(element, "name") || "").slice(0, 200);
      record.label = label;
      record.label_seen = seen;
      record.required = element.required === true || attribute(element, "aria-required") === "true";
      record.disabled = element.disabled === true || attribute(element, "aria-disabled") === "true";
      if (isToggle) {
        record.checked = isInput && TOGGLES.has(type) ? element.checked === true : attribute(element, "aria-checked") === "true";
      }
      if (name === "select") record.options = optionsOf(element);
      const hint = attribute(element, "placeholder");
      if (hint) record.placeholder = cut(hint);
    }
    const dialog = role === "dialog" || role === "alertdialog" || name === "dialog" || attribute(element, "aria-modal") === "true";
    if (dialog) record.dialog = true;
    if (layered) record.layered = layered;
    if (visible && (position === "fixed" || position === "absolute" || dialog) && view === window) {
      const across = Math.max(0, Math.min(box.right, innerWidth) - Math.max(box.left, 0));
      const down = Math.max(0, Math.min(box.bottom, innerHeight) - Math.max(box.top, 0));
      const covers = (across * down) / (innerWidth * innerHeight);
      if (covers >= 0.3 || dialog) record.blocks = blocks(element, view);
    }
    return drawn || text ? (text ? text : " ") : "";
  };

  countIds(document);
  const root = rootElement(document);
  if (root && isConnected(root)) {
    visit(root, "html", {
      depth: 0, parent: -1, view: window, x: 0, y: 0, opacity: 1, background: [255, 255, 255], plain: true, cropped: false,
      layered: "", pointer: false, root: document, prefix: "", path: "",
    });
  }
  const size = getter(Document.prototype, "scrollingElement")(document) || root;
  return {
    elements,
    truncated,
    closed_frames: closedFrames,
    age: performance.now() / 1000,
    language: (root && attribute(root, "lang")) || "",
    width: size ? size.scrollWidth : innerWidth,
    height: size ? size.scrollHeight : innerHeight,
    viewport: [innerWidth, innerHeight],
  };
}
