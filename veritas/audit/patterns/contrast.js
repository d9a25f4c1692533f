// Find the colours in which people see a text and its background; `contrast.py` computes the ratio.
//
// Where the colours cannot be determined, the reason is given instead, as axe-core does ("incomplete"): what lies over or
// under a text is asked of the browser, point by point, and every effect that changes colours is a reason.
(dom, scheme) => {
  "use strict";
  const { colour, localName, nodeType, ownerDocument, parentElement, rectOf, styleOf } = dom;
  const elementsAt = (root, x, y) =>
    (nodeType(root) === 9 ? Document : ShadowRoot).prototype.elementsFromPoint.call(root, x, y);
  const matches = (element, selector) => Element.prototype.matches.call(element, selector);
  const isSeen = (element) => Element.prototype.checkVisibility.call(element, { checkOpacity: true });

  const PICTURES = new Set(["img", "picture", "video", "canvas", "svg", "iframe", "frame", "object", "embed"]);
  const CANVAS = scheme.includes("dark") && !scheme.includes("light") ? [18, 18, 18] : [255, 255, 255]; // Chromium's
  const PSEUDO_SHARE = 0.25; // the share of a text from which axe-core says "incomplete" for a pseudo-element
  const THIN_STROKE = 0.03; // em, as in axe-core
  const WIDE_INSET = 12; // CSS pixels; a narrower inset shadow only decorates an edge
  const COLOUR = /\b(?:rgba?|hsla?|lab|lch|oklab|oklch|color)\([^()]*\)/g;

  const EFFECT = "an effect changes its colours";
  const GRADIENT = "its background is a gradient";
  const IMAGE = "its background is an image";
  const OVER = "another element lies over it";
  const UNDER = "another element lies under it";
  const OUTSIDE = "it is outside the box that is its background, or partly";

  // The colours between which a gradient's are; null if its image is anything else, or does not cover its box.
  const gradientOf = (style) => {
    if (style.backgroundRepeat !== "repeat" || style.backgroundSize !== "auto") return null;
    if (/url\(|image-set|cross-fade|element\(|paint\(/.test(style.backgroundImage)) return null;
    const stops = (style.backgroundImage.match(COLOUR) || []).map(colour);
    if (!stops.length || stops.some((stop) => !stop || stop[3] < 1)) return null;
    const ends = [Math.min, Math.max].map((end) => [0, 1, 2].map((i) => end(...stops.map((stop) => stop[i]))));
    return ends.map((end) => [...end, 1]);
  };

  const hasWideInset = (shadow) =>
    shadow.split(/,(?![^(]*\))/).some((one) =>
      one.includes("inset") && (one.match(/-?[\d.]+px/g) || []).some((size) => Math.abs(parseFloat(size)) >= WIDE_INSET));

  // What an element adds between the page and the texts in it; null if it adds nothing.
  const layerOf = (element, style, paint, isPage) => {
    const opacity = parseFloat(style.opacity || "1");
    const hasImage = style.backgroundImage !== "none";
    const isClipped = hasImage || (paint && paint[3] > 0) ? style.backgroundClip === "text" : false;
    let effect = "";
    if (
      style.filter !== "none" || style.backdropFilter !== "none" || style.mixBlendMode !== "normal" ||
      style.maskImage !== "none" || isClipped || (style.boxShadow !== "none" && hasWideInset(style.boxShadow))
    ) effect = EFFECT;
    if (!paint) effect = "its background has a colour that cannot be read";
    const isTop = matches(element, ":modal, :popover-open");
    const isMoving = style.position === "fixed" || style.position === "sticky";
    if (paint && paint[3] === 0 && !hasImage && opacity === 1 && !effect && !isTop && !isMoving) return null;
    const ends = hasImage && paint ? gradientOf(style) : null;
    return {
      element, isPage, isTop, isMoving, opacity, effect,
      isInline: style.display === "inline" || style.display === "contents",
      // A gradient covers its element's colour.
      low: ends ? ends[0] : paint || [0, 0, 0, 0],
      high: ends ? ends[1] : paint || [0, 0, 0, 0],
      image: hasImage && !ends ? (style.backgroundImage.includes("url(") ? IMAGE : GRADIENT) : "",
    };
  };

  // What is known of the text that an element contains directly, before its colours are asked for.
  const textOf = (element, style, layers, context) => ({
    element, layers, ...context, colours: null,
    colour: style.webkitTextFillColor || style.color,
    size: (parseFloat(style.fontSize) || 0) * context.scale,
    bold: parseInt(style.fontWeight, 10) >= 700,
    hasShadow: style.textShadow !== "none",
    hasStroke: parseFloat(style.webkitTextStrokeWidth) >= THIN_STROKE * parseFloat(style.fontSize),
  });

  const over = (top, bottom) => top.map((part, i) => part + bottom[i] * (1 - top[3]));
  const premultiplied = ([r, g, b, a]) => [r * a, g * a, b * a, a];

  // Blend a text, or nothing, with the layers under it, the innermost first; with the darker or the lighter ends.
  const blend = (text, layers, end) => {
    let seen = premultiplied(text);
    for (let i = layers.length - 1; i >= 0; i--) {
      seen = over(seen, premultiplied(layers[i][end])).map((part) => part * layers[i].opacity);
    }
    return [0, 1, 2].map((i) => Math.round((seen[i] + CANVAS[i] * (1 - seen[3])) * 10) / 10);
  };

  // The reason why the layers' colours cannot be determined, or an empty text.
  const reasonIn = (layers) => {
    let isCovered = false;
    for (let i = layers.length - 1; i >= 0; i--) {
      const layer = layers[i];
      // An effect outside an opaque background changes the text as well.
      if (layer.effect) return layer.effect;
      if (layer.image && !isCovered) return layer.image;
      isCovered = (isCovered || layer.low[3] === 1) && layer.opacity === 1;
      if (layer.isTop) return isCovered ? "" : "it lies over the page without a background of its own";
      if (layer.isMoving && !isCovered) return "it moves over the page without a background of its own";
    }
    return "";
  };

  const coloursIn = (text, layers) => {
    const own = colour(text.colour);
    let unclear = reasonIn(layers);
    if (!own) unclear = "its colour cannot be read";
    if (text.hasShadow) unclear = "its text has a shadow";
    if (text.hasStroke) unclear = "its text has an outline";
    if (text.isDisabled) unclear = "it is disabled";
    const ink = own || [0, 0, 0, 1];
    const background = blend([0, 0, 0, 0], layers, "low");
    const lighter = blend([0, 0, 0, 0], layers, "high");
    const isRange = background.some((part, i) => Math.abs(part - lighter[i]) > 0.5);
    const colours = { colour: blend(ink, layers, "low"), background, unclear };
    if (isRange && colours.colour.some((part, i) => Math.abs(part - blend(ink, layers, "high")[i]) > 0.5)) {
      colours.unclear = colours.unclear || GRADIENT;
    } else if (isRange) colours.lighter_background = lighter;
    return colours;
  };

  // Whether an element that is not around a text hides what is under it.
  const paintings = new Map();
  const paints = (element) => {
    let known = paintings.get(element);
    if (known === undefined) {
      const style = styleOf(element);
      const paint = colour(style.backgroundColor);
      known = isSeen(element) && (
        !paint || paint[3] > 0 || style.backgroundImage !== "none" || style.backdropFilter !== "none" ||
        PICTURES.has(localName(element)) || dom.shadowRootOf(element) !== null ||
        pseudoArea(element, "::before") + pseudoArea(element, "::after") > 0
      );
      paintings.set(element, known);
    }
    return known;
  };
  const pseudoArea = (element, name) => {
    const style = styleOf(element, name);
    if (style.content === "none" || style.display === "none" || style.visibility !== "visible") return 0;
    if (style.position !== "absolute" && style.position !== "fixed") return 0;
    const paint = colour(style.backgroundColor);
    if (paint && paint[3] === 0 && style.backgroundImage === "none") return 0;
    return (parseFloat(style.width) || 0) * (parseFloat(style.height) || 0) * parseFloat(style.opacity || "1");
  };
  const pseudoAreas = new Map();
  const pseudoAreaOf = (element) => {
    if (!pseudoAreas.has(element)) {
      pseudoAreas.set(element, pseudoArea(element, "::before") + pseudoArea(element, "::after"));
    }
    return pseudoAreas.get(element);
  };

  // The window's rectangles of a text that are not empty, at most three.
  const rectsOf = (text) => {
    const rects = [];
    for (const node of text.nodes) {
      const range = new Range();
      range.selectNodeContents(node);
      rects.push(...range.getClientRects());
    }
    const drawn = (rects.length ? rects : [rectOf(text.element)]).filter((rect) => rect.width > 0 && rect.height > 0);
    return drawn.length > 3 ? [drawn[0], drawn[drawn.length >> 1], drawn[drawn.length - 1]] : drawn;
  };

  const scrolled = new Map();
  const isInWindow = (rect, view) =>
    rect.top >= 0 && rect.left >= 0 && rect.bottom <= view.innerHeight && rect.right <= view.innerWidth;
  const show = (text) => {
    let rects = rectsOf(text);
    const view = text.view;
    if (rects.length && !isInWindow(rects[0], view)) {
      if (!scrolled.has(view)) scrolled.set(view, [view.scrollX, view.scrollY]);
      const top = view.scrollY + rects[0].top - view.innerHeight / 2;
      view.scrollTo({ left: Math.max(0, view.scrollX + rects[0].right - view.innerWidth), top, behavior: "instant" });
      rects = rectsOf(text);
    }
    return rects;
  };
  const scrollBack = () => {
    for (const [view, [left, top]] of scrolled) view.scrollTo({ left, top, behavior: "instant" });
  };

  // The layers that are under a text; null if one is under a part of it only.
  const layersUnder = (rects, text) => {
    const under = [];
    for (const layer of text.layers) {
      const isFree = layer.isPage || layer.isInline || (layer.low[3] === 0 && !layer.image);
      if (isFree || ownerDocument(layer.element) !== ownerDocument(text.element)) {
        under.push(layer);
        continue;
      }
      const box = rectOf(layer.element);
      const isInside = (rect) =>
        rect.left >= box.left - 1 && rect.right <= box.right + 1 && rect.top >= box.top - 1 && rect.bottom <= box.bottom + 1;
      const isApart = (rect) =>
        rect.left >= box.right || rect.right <= box.left || rect.top >= box.bottom || rect.bottom <= box.top;
      const isClipped = styleOf(layer.element).overflowX !== "visible";
      if (rects.every(isInside) || (isClipped && !rects.every(isApart))) under.push(layer);
      else if (isClipped) return null;
      else if (rects.every(isApart)) under.push({ ...layer, low: [0, 0, 0, 0], high: [0, 0, 0, 0], image: "" });
      else return null;
    }
    return under;
  };

  // Whether an element is part of a bar or a box that stays in the window, such as a cookie banner. What is under it is
  // seen, and can be clicked, once it is closed.
  const isOverlay = (element) => {
    for (let at = element; at; at = parentElement(at)) if (styleOf(at).position === "fixed") return true;
    return false;
  };

  // The reason that the elements at one point of a text are for its colours to be unclear, or an empty text.
  const reasonAt = (text, x, y) => {
    const stack = elementsAt(text.root, x, y);
    let isReached = false;
    for (const element of stack.slice(0, 40)) {
      if (element === text.element || text.ancestors.has(element)) {
        isReached = true;
        const paint = colour(styleOf(element).backgroundColor);
        if (paint && paint[3] === 1 && !text.layers.some((layer) => layer.opacity < 1)) return "";
      } else if (paints(element) && (isReached || !isOverlay(element))) return isReached ? UNDER : OVER;
    }
    return isReached ? "" : OVER;
  };

  // Look closely at a text that is drawn, and return its colours.
  const look = (text, ghosts) => {
    const rects = show(text);
    if (!rects.length) return { ...coloursIn(text, text.layers), unclear: "its text has no area" };
    const layers = layersUnder(rects, text);
    if (!layers) return { ...coloursIn(text, text.layers), unclear: OUTSIDE };
    const colours = coloursIn(text, layers);
    if (colours.unclear) return colours;
    const inWindow = rects.filter((rect) => isInWindow(rect, text.view));
    if (!inWindow.length) return { ...colours, unclear: "it cannot be scrolled into the window" };
    const area = rects.reduce((sum, rect) => sum + rect.width * rect.height, 0);
    for (const element of [text.element, ...text.ancestors]) {
      if (pseudoAreaOf(element) > PSEUDO_SHARE * area) return { ...colours, unclear: "a pseudo-element lies over or under it" };
      const paint = colour(styleOf(element).backgroundColor);
      if (paint && paint[3] === 1) break;
    }
    for (const rect of inWindow) {
      const middle = (rect.top + rect.bottom) / 2;
      const inset = Math.min(2, rect.width / 4);
      for (const x of [rect.left + inset, (rect.left + rect.right) / 2, rect.right - inset]) {
        const unclear = reasonAt(text, x, middle);
        if (unclear) return { ...colours, unclear };
      }
      // Elements that let the mouse through are not found at a point.
      for (const ghost of ghosts) {
        if (ghost === text.element || text.ancestors.has(ghost)) continue;
        const box = rectOf(ghost);
        const isApart =
          rect.left >= box.right || rect.right <= box.left || rect.top >= box.bottom || rect.bottom <= box.top;
        if (!isApart && paints(ghost)) return { ...colours, unclear: OVER };
      }
    }
    return colours;
  };

  // How far apart two colours are in lightness, roughly, 0-1.
  const luma = ([r, g, b]) => (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
  const distance = (one, other) => Math.abs(luma(one) - luma(other));

  return { layerOf, textOf, coloursIn, distance, look, scrollBack };
}
