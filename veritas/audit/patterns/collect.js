// Walk the rendered page once, and return the elements that the detectors examine; `dom_snapshot.py` lists the fields.
//
// The script runs in an isolated world, so the page's scripts cannot redefine anything in it. But the DOM is shared,
// and a form's controls shadow its properties by name (<input name="children">), so properties are read through the
// getters of their prototypes. Limits: {nodes, elements, depth, text, characters, milliseconds, looks}. `contrast.js` is
// passed as `newContrast`, and the page's closed shadow roots, as far as they are known, as an array.
(limits, newContrast, closedRoots) => {
  "use strict";
  const getter = (prototype, name) => {
    const { get } = Object.getOwnPropertyDescriptor(prototype, name);
    return (node) => get.call(node);
  };
  const firstChild = getter(Node.prototype, "firstChild");
  const nextSibling = getter(Node.prototype, "nextSibling");
  const previousSibling = getter(Node.prototype, "previousSibling");
  const nodeType = getter(Node.prototype, "nodeType");
  const ownerDocument = getter(Node.prototype, "ownerDocument");
  const parentElement = getter(Node.prototype, "parentElement");
  const isConnected = getter(Node.prototype, "isConnected");
  const localName = getter(Element.prototype, "localName");
  const openShadowRootOf = getter(Element.prototype, "shadowRoot");
  const hostOf = getter(ShadowRoot.prototype, "host");
  const closedRootsByHost = new Map(closedRoots.map((root) => [hostOf(root), root]));
  const shadowRootOf = (element) => openShadowRootOf(element) || closedRootsByHost.get(element) || null;
  const styleOf = (element, pseudo) => viewOf(ownerDocument(element)).getComputedStyle(element, pseudo);
  const attribute = (element, name) => Element.prototype.getAttribute.call(element, name);
  const rectOf = (element) => Element.prototype.getBoundingClientRect.call(element);
  const contains = (outer, inner) => Node.prototype.contains.call(outer, inner);
  const rootElement = getter(Document.prototype, "documentElement");
  const viewOf = getter(Document.prototype, "defaultView");
  const pointAt = (from, x, y) => Document.prototype.elementFromPoint.call(from, x, y);
  const kindOf = (root) => (nodeType(root) === 9 ? Document : DocumentFragment);
  const byId = (root, id) => kindOf(root).prototype.getElementById.call(root, id);
  const assignedNodes = (slot) => HTMLSlotElement.prototype.assignedNodes.call(slot);
  const optionList = getter(HTMLSelectElement.prototype, "options");

  const UNSEEN = new Set(["script", "style", "noscript", "template", "head", "meta", "link", "title", "datalist"]);
  const TOGGLES = new Set(["checkbox", "radio", "switch", "menuitemcheckbox", "menuitemradio"]);
  const BUTTON_TYPES = new Set(["submit", "button", "reset", "image"]);
  const BUTTON_NAMES = { submit: "Submit", reset: "Reset" };
  const HOSTS = new Set(["article", "aside", "blockquote", "div", "footer", "header", "main", "nav", "p", "section", "span"]);
  const OPAQUE = new Set(["select", "textarea", "svg", "canvas", "video", "audio"]);

  const deadline = performance.now() + limits.milliseconds;
  const elements = [];
  const nodes = []; // the elements of the records
  const texts = []; // for each record its own text, or else the longest text in it, or null
  const ghosts = []; // elements that let the mouse through
  let visited = 0;
  let characters = 0;
  let truncated = false;
  let closedFrames = 0;
  let possibleHosts = 0;

  const collapse = (text) => text.replace(/\s+/g, " ");

  // A text's first characters; a character of two units is not cut in half.
  const cut = (text, limit) => {
    const part = text.slice(0, limit);
    return part.length < text.length && /[\uD800-\uDBFF]$/.test(part) ? part.slice(0, -1) : part;
  };

  // Colours: [r, g, b, alpha], or null. A colour in another notation than rgb() is painted without its alpha, and its
  // pixel read.
  const colours = new Map();
  const newElement = (name) => Document.prototype.createElement.call(document, name);
  const canvas = newElement("canvas").getContext("2d", { willReadFrequently: true });
  const colour = (css) => {
    if (colours.has(css)) return colours.get(css);
    const match = /^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/.exec(css);
    const known = match
      ? [+match[1], +match[2], +match[3], match[4] === undefined ? 1 : +match[4]]
      : paintedColour(css);
    colours.set(css, known);
    return known;
  };
  const paintedColour = (css) => {
    const [, opaque, alpha] = /^(.*?)(?: \/ ([^/]+)\))?$/.exec(css);
    const notation = alpha === undefined ? css : opaque + ")";
    canvas.fillStyle = "#000";
    canvas.fillStyle = notation;
    const first = canvas.fillStyle;
    canvas.fillStyle = "#fff";
    canvas.fillStyle = notation;
    if (canvas.fillStyle !== first) return null; // it was not understood
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    const share = alpha === undefined ? a / 255 : parseFloat(alpha) / (alpha.endsWith("%") ? 100 : 1);
    return [r, g, b, share || 0];
  };

  const rootScheme = rootElement(document) ? styleOf(rootElement(document)).colorScheme : "";
  const tree = { localName, nodeType, ownerDocument, parentElement, shadowRootOf };
  const contrast = newContrast({ colour, rectOf, styleOf, ...tree }, rootScheme);

  // An element's selector: the nearest unique id, and the path from there. `>>` leads into a shadow root or a frame.
  const idCounts = new Map();
  const disabledLabels = new Set();
  const countIds = (root) => {
    const counts = new Map();
    const withId = kindOf(root).prototype.querySelectorAll.call(root, "[id]");
    for (let i = 0; i < withId.length && i < limits.nodes; i++) {
      const id = attribute(withId[i], "id");
      counts.set(id, (counts.get(id) || 0) + 1);
    }
    idCounts.set(root, counts);
    const disabled = kindOf(root).prototype.querySelectorAll.call(root, "[aria-labelledby]:is(:disabled, [aria-disabled=true])");
    for (let i = 0; i < disabled.length && i < 100; i++) {
      for (const id of attribute(disabled[i], "aria-labelledby").split(/\s+/)) disabledLabels.add(byId(root, id));
    }
  };
  const step = (element, within, index) => {
    const id = attribute(element, "id");
    const isStable = id && id.length <= 60 && /^[A-Za-z][\w-]*$/.test(id) && !/\d{3}/.test(id);
    if (isStable && idCounts.get(within.root).get(id) === 1) return within.prefix + "#" + id;
    const name = localName(element);
    if (name === "body" && within.path === within.prefix + "html") return within.prefix + "body";
    const part = CSS.escape(name) + ":nth-of-type(" + index + ")";
    return within.path === within.prefix ? within.prefix + part : within.path + " > " + part;
  };
  const indexOfType = (element) => {
    const name = localName(element);
    let index = 1;
    for (let node = previousSibling(element); node; node = previousSibling(node)) {
      if (nodeType(node) === 1 && localName(node) === name) index++;
    }
    return index;
  };

  const labels = new Map();
  const textOf = (node) => {
    if (!labels.has(node)) {
      const text = collapse(cut(node.textContent, 4 * limits.text)).trim();
      labels.set(node, cut(text, limits.text));
    }
    return labels.get(node);
  };
  const labelOf = (element, root) => {
    const ids = (attribute(element, "aria-labelledby") || "").split(/\s+/).slice(0, 5);
    const labelElements = element.labels instanceof NodeList ? [...element.labels].slice(0, 5) : [];
    if (!labelElements.length) labelElements.push(...ids.map((id) => id && byId(root, id)).filter(Boolean));
    const boxes = labelElements.map(rectOf);
    const text = labelElements.map(textOf).join(" ").trim();
    return {
      label: text || cut(attribute(element, "aria-label") || "", limits.text),
      isVisible: boxes.some((box) => box.width > 0 && box.height > 0),
    };
  };

  const optionsOf = (select) =>
    [...optionList(select)].slice(0, 50).map((option) => ({
      text: textOf(option), selected: option.selected, disabled: option.disabled,
    }));

  const coverageOf = (element) => {
    let hits = 0;
    for (let row = 0.5; row < 5; row++) {
      for (let column = 0.5; column < 5; column++) {
        const top = pointAt(document, (column * innerWidth) / 5, (row * innerHeight) / 5);
        if (top && contains(element, top)) hits++;
      }
    }
    return hits / 25;
  };

  const isClickable = (element, name, type, role, style, inherited) =>
    (name === "a" && attribute(element, "href") !== null) || name === "button" || name === "summary" ||
    (name === "input" && BUTTON_TYPES.has(type)) || role === "button" || role === "link" ||
    attribute(element, "onclick") !== null ||
    // A script may listen anywhere; the pointer shows where people can click.
    (style.cursor === "pointer" && !inherited.pointer && name !== "label" && name !== "select" && !TOGGLES.has(type));

  const describeControl = (record, element, name, type, role, root) => {
    const isInput = name === "input";
    const isNative = isInput && TOGGLES.has(type);
    const isToggle = isNative || TOGGLES.has(role);
    const { label, isVisible } = labelOf(element, root);
    if (role === "switch") record.control = role;
    else if (isNative) record.control = type;
    else if (isToggle) record.control = role.replace("menuitem", "");
    else record.control = isInput ? type || "text" : name;
    record.name = cut(attribute(element, "name") || "", 200);
    record.label = label;
    record.label_visible = isVisible;
    if (isToggle) record.checked = isNative ? element.checked === true : attribute(element, "aria-checked") === "true";
    if (name === "select") record.options = optionsOf(element);
  };

  // Set the share of the window's points that an overlay covers; other elements get none.
  const measureOverlay = (record, element, box, position, view) => {
    if (view !== window || !(position === "fixed" || position === "absolute" || record.dialog)) return;
    const across = Math.max(0, Math.min(box.right, innerWidth) - Math.max(box.left, 0));
    const down = Math.max(0, Math.min(box.bottom, innerHeight) - Math.max(box.top, 0));
    if (record.dialog || across * down >= 0.3 * innerWidth * innerHeight) record.coverage = coverageOf(element);
  };

  // The factor by which an element draws its text larger or smaller than its style says.
  const scaleOf = (style) => {
    let scale = parseFloat(style.zoom) || 1;
    if (style.scale !== "none") scale *= Math.min(...style.scale.split(" ").slice(0, 2).map(Math.abs));
    if (style.transform !== "none") {
      const matrix = new DOMMatrixReadOnly(style.transform);
      scale *= Math.sqrt(Math.abs(matrix.a * matrix.d - matrix.b * matrix.c));
    }
    return scale;
  };

  const isSwitchedOff = (element, name) =>
    attribute(element, "aria-disabled") === "true" || element.inert === true ||
    Element.prototype.matches.call(element, ":disabled") || disabledLabels.has(element) ||
    (name === "label" && element.control instanceof Element && Element.prototype.matches.call(element.control, ":disabled"));

  // Add the size and the colours of each record's text. Many are looked at closely: first those of which a detector may
  // need to be certain, controls and what is faint or small.
  const measureTexts = () => {
    const measured = elements.map((record, i) => [record, texts[i]]).filter(([record, text]) => text && record.font_size === 0);
    for (const [record, text] of measured) {
      record.font_size = Math.round(text.size * 100) / 100;
      record.bold = text.bold;
      text.colours = text.colours || contrast.coloursIn(text, text.layers);
      const isFaint = contrast.distance(text.colours.colour, text.colours.background) < 0.6;
      text.isShown = text.isShown || (record.visible && Boolean(record.text));
      text.isUrgent = text.isUrgent || record.clickable || isFaint || text.size < 11;
    }
    const shown = [...new Set(measured.map(([, text]) => text))].filter((text) => text.isShown);
    const urgent = shown.filter((text) => text.isUrgent);
    const first = [...urgent, ...shown.filter((text) => !text.isUrgent)].slice(0, limits.looks);
    // From the top of the page to its end, so that it is scrolled once.
    for (const text of first.sort((one, other) => elements[one.index].rect[1] - elements[other.index].rect[1])) {
      if (performance.now() > deadline) break;
      text.ancestors = new Set();
      for (let at = elements[text.index].parent; at >= 0; at = elements[at].parent) text.ancestors.add(nodes[at]);
      text.colours = contrast.look(text, ghosts);
      text.isLookedAt = true;
    }
    contrast.scrollBack();
    for (const [record, text] of measured) {
      Object.assign(record, text.colours);
      if (limits.looks && text.isUrgent && text.isShown && !text.isLookedAt) {
        record.unclear = record.unclear || "the page has too many texts for a closer look";
      }
    }
  };

  // Visit an element and its descendants; return their visible text.
  const visit = (element, selector, inherited) => {
    if (++visited > limits.nodes || inherited.depth > limits.depth || performance.now() > deadline) {
      truncated = true;
      return "";
    }
    const name = localName(element);
    if (UNSEEN.has(name)) return "";
    const view = inherited.view;
    const style = view.getComputedStyle(element);
    const type = name === "input" ? (attribute(element, "type") || "").toLowerCase() : "";
    const role = (attribute(element, "role") || "").trim().toLowerCase();
    const isToggle = TOGGLES.has(type) || TOGGLES.has(role);
    const isGone = style.display === "none";
    if (isGone && !isToggle) return ""; // a checkbox that is not drawn may be represented by its label
    if (elements.length >= limits.elements || characters >= limits.characters) {
      truncated = true;
      return "";
    }

    const box = rectOf(element);
    const rect = [box.left + view.scrollX + inherited.x, box.top + view.scrollY + inherited.y, box.width, box.height];
    const opacity = inherited.opacity * parseFloat(style.opacity || "1");
    const layer = contrast.layerOf(element, style, colour(style.backgroundColor), inherited.depth < 2);
    const layers = layer ? [...inherited.layers, layer] : inherited.layers;
    const scale = inherited.scale * scaleOf(style);
    const isDisabled = inherited.isDisabled || isSwitchedOff(element, name);
    const clips = style.overflowX !== "visible" || style.overflowY !== "visible" || style.clip !== "auto";
    const isCropped =
      inherited.isCropped || (clips && (box.width < 2 || box.height < 2)) || /inset\((50|100)%/.test(style.clipPath);
    const isDrawn = !isGone && style.visibility === "visible" && opacity > 0.02 && !isCropped;
    const isAway = rect[0] + rect[2] <= 0 || rect[1] + rect[3] <= 0;
    const isLegible = isDrawn && !isAway && parseFloat(style.fontSize) > 0;
    const position = style.position === "fixed" || style.position === "sticky" ? style.position : inherited.position;

    const record = { parent: inherited.parent, tag: name, selector, rect: rect.map((n) => Math.round(n * 10) / 10) };
    const within = {
      ...inherited, depth: inherited.depth + 1, parent: elements.length, opacity, layers, scale, isCropped, isDisabled,
      position, pointer: style.cursor === "pointer", path: selector,
    };
    const index = elements.push(record) - 1;
    nodes.push(element);
    if (style.pointerEvents === "none" && isDrawn) ghosts.push(element);
    characters += selector.length + 300;

    let text = "";
    let ownText = "";
    let hasBlocks = false;
    const textNodes = [];
    let longest = null;
    const append = (part) => {
      if (text.length <= 2 * limits.text) text += part;
    };
    const enter = (child, childSelector, context = within) => {
      const at = elements.length;
      const part = visit(child, childSelector, context);
      if (!part.trim()) return append(part);
      if (texts[at] && (!longest || texts[at].length > longest.length)) longest = texts[at];
      const isInline = elements[at] && elements[at].inline;
      hasBlocks = hasBlocks || !isInline;
      return append(isInline ? part : " " + part + " ");
    };
    const read = (node) => {
      if (!isLegible) return;
      const part = collapse(cut(node.data, 4 * limits.text));
      append(part);
      if (ownText.length <= limits.text) ownText += part;
      if (textNodes.length < 8 && part.trim()) textNodes.push(node);
    };
    const walk = (parent) => {
      const counts = new Map();
      for (let node = firstChild(parent); node && !truncated; node = nextSibling(node)) {
        if (nodeType(node) === 3) read(node);
        if (nodeType(node) !== 1) continue;
        const tag = localName(node);
        counts.set(tag, (counts.get(tag) || 0) + 1);
        if (tag === "br") {
          append(" ");
          ownText += " ";
        } else enter(node, step(node, within, counts.get(tag)));
      }
    };

    const shadow = shadowRootOf(element);
    const assigned = name === "slot" && inherited.host ? assignedNodes(element) : [];
    if (name === "iframe" || name === "frame") {
      const inner = element.contentDocument;
      if (!inner || !rootElement(inner)) closedFrames++;
      else if (box.width > 1 && box.height > 1) {
        countIds(inner);
        const prefix = selector + " >> ";
        const frame = {
          ...within, view: viewOf(inner), root: inner, prefix, path: prefix, host: null,
          x: rect[0] + element.clientLeft, y: rect[1] + element.clientTop,
        };
        enter(rootElement(inner), prefix + "html", frame);
      }
    } else if (shadow) {
      countIds(shadow);
      within.host = { root: inherited.root, prefix: inherited.prefix, path: selector };
      within.root = shadow;
      within.prefix = within.path = selector + " >> ";
      walk(shadow);
    } else if (assigned.length) {
      for (const node of assigned.slice(0, 500)) {
        if (nodeType(node) === 3) read(node);
        else if (nodeType(node) === 1) enter(node, step(node, inherited.host, indexOfType(node)));
      }
    } else if (!OPAQUE.has(name)) walk(element);
    if (BUTTON_TYPES.has(type)) {
      const caption = attribute(element, "value") || attribute(element, "alt") || BUTTON_NAMES[type] || "";
      text = ownText = isLegible ? caption : "";
    }

    // A closed shadow root is not seen; but what it draws gives its host a size.
    if (!shadow && isDrawn && box.height > 1 && box.width > 1 && (name.includes("-") || (HOSTS.has(name) && !text.trim()))) {
      possibleHosts++;
    }
    text = collapse(text);
    record.visible = isDrawn && !isAway && box.width > 0 && box.height > 0;
    if (text.length <= limits.text) record.text = text.trim();
    record.own_text = cut(collapse(ownText).trim(), limits.text);
    record.leaf = !hasBlocks && text.trim() !== "";
    characters += (record.text || "").length + record.own_text.length;
    const isControl = isToggle || name === "input" || name === "select" || name === "textarea";
    record.clickable = isClickable(element, name, type, role, style, inherited);
    const isFlowing = style.display === "contents" || (style.display === "inline-block" && !record.clickable);
    record.inline = style.display === "inline" || (isFlowing && !hasBlocks);
    if (record.clickable || isControl) record.disabled = isDisabled;
    const isText = record.own_text !== "";
    texts[index] = longest;
    if (isText || (!longest && (record.clickable || isControl))) {
      const context = { index, nodes: textNodes, length: record.own_text.length, view, root: inherited.root, scale, isDisabled };
      texts[index] = contrast.textOf(element, style, layers, context);
    }
    if (record.clickable || isControl || record.leaf || isText) record.font_size = 0; // measured after the walk
    const language = attribute(element, "lang");
    if (language !== null) record.lang = cut(language, 20);
    record.role = role;
    record.position = position;
    const accessibleName = attribute(element, "aria-label") || attribute(element, "title") || "";
    record.accessible_name = cut(accessibleName, limits.text);
    const idAndClass = [attribute(element, "id"), attribute(element, "class")].filter(Boolean);
    record.id_and_class = cut(idAndClass.join(" "), 200);
    record.dialog = name === "dialog" || role.endsWith("dialog") || attribute(element, "aria-modal") === "true";
    if (isControl) describeControl(record, element, name, type, role, inherited.root);
    if (record.visible) measureOverlay(record, element, box, style.position, view);
    return text;
  };

  countIds(document);
  const root = rootElement(document);
  if (root && isConnected(root)) {
    visit(root, "html", {
      depth: 0, parent: -1, view: window, x: 0, y: 0, opacity: 1, layers: [], scale: 1, isCropped: false,
      isDisabled: false, position: "", pointer: false, root: document, prefix: "", path: "", host: null,
    });
    measureTexts();
  }
  const size = getter(Document.prototype, "scrollingElement")(document) || root;
  return {
    elements,
    truncated,
    closed_frames: closedFrames,
    possible_hosts: possibleHosts,
    age: performance.now() / 1000,
    language: (root && attribute(root, "lang")) || "",
    width: size ? size.scrollWidth : innerWidth,
    height: size ? size.scrollHeight : innerHeight,
    viewport: [innerWidth, innerHeight],
  };
}
