// Read a page: its text, links, forms and resources. The script runs in an isolated world, apart from the page's own
// scripts, and takes DOM methods from their prototypes, because an element's name can hide a method of `document` or of
// its form.
(limits) => {
  const attribute = (element, key) => Element.prototype.getAttribute.call(element, key);
  const property = (prototype, key, object) => Object.getOwnPropertyDescriptor(prototype, key).get.call(object);
  // A text's first characters; a character of two units is not cut in half.
  const cut = (text, limit) => {
    const part = text.slice(0, limit);
    return part.length < text.length && /[\uD800-\uDBFF]$/.test(part) ? part.slice(0, -1) : part;
  };
  const clip = (text, limit = limits.text_of_one) => cut((text ?? "").replace(/\s+/g, " ").trim(), limit);
  const clipUrl = (url) => cut(url ?? "", limits.url);
  const base = property(Node.prototype, "baseURI", document);
  const root = property(Document.prototype, "documentElement", document);
  const find = (element, selector) => Element.prototype.querySelector.call(element, selector);
  const body = root && find(root, ":scope > body, :scope > frameset");

  const absolute = (url) => {
    try {
      return clipUrl(new URL(url, base).href);
    } catch {
      return clipUrl(url);
    }
  };

  const findAll = (tree, selector) =>
    (tree instanceof ShadowRoot ? DocumentFragment : Element).prototype.querySelectorAll.call(tree, selector);

  // The document and every open shadow tree in it.
  const trees = [root].filter(Boolean);
  for (const tree of trees) {
    for (const element of findAll(tree, "*")) {
      if (element.shadowRoot instanceof ShadowRoot && trees.length < limits.trees) trees.push(element.shadowRoot);
    }
  }
  const all = (selector) => trees.flatMap((tree) => [...findAll(tree, selector)]);
  const meta = (key) => clip(all(`meta[name="${key}" i]`).map((element) => attribute(element, "content"))[0]);
  const isVisible = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });

  const getter = (prototype, key) => {
    const { get } = Object.getOwnPropertyDescriptor(prototype, key);
    return (object) => get.call(object);
  };
  const name = getter(Element.prototype, "localName");
  const parent = getter(Node.prototype, "parentElement");
  const previous = getter(Element.prototype, "previousElementSibling");
  const next = getter(Element.prototype, "nextElementSibling");
  const nextAlike = (element, step) => {
    let at = step(element);
    while (at && name(at) !== name(element)) at = step(at);
    return at;
  };

  // A selector that finds the element again: the nearest id, and the path from there.
  const path = (element) => {
    const steps = [];
    for (let at = element; at && at !== root; at = parent(at)) {
      const id = attribute(at, "id");
      if (id && all(`#${CSS.escape(id)}`).length === 1) {
        steps.unshift(`#${CSS.escape(id)}`);
        return steps.join(" > ");
      }
      let number = 1;
      for (let other = nextAlike(at, previous); other; other = nextAlike(other, previous)) number++;
      const isOnly = number === 1 && !nextAlike(at, next);
      steps.unshift(isOnly ? name(at) : `${name(at)}:nth-of-type(${number})`);
    }
    return steps.join(" > ");
  };

  const text = () => {
    const parts = [body ? body.innerText : (root?.textContent ?? "")];
    for (const tree of trees.slice(1)) {
      for (const child of tree.children) {
        if (child instanceof HTMLElement && !child.matches("style, script")) parts.push(child.innerText);
      }
    }
    return parts.join("\n").replace(/[^\S\n]+/g, " ").replace(/\n\s*\n+/g, "\n").trim();
  };

  const link = (element) => ({
    url: absolute(attribute(element, "href")),
    text: clip(element.innerText || attribute(element, "aria-label") || attribute(element, "title")
      || attribute(element.querySelector("img[alt]") ?? element, "alt")),
    rel: clip(attribute(element, "rel")),
    download: element.hasAttribute("download"),
  });

  const label = (field) => {
    const labels = [...(field.labels ?? [])].map((element) => element.innerText);
    const referenced = (attribute(field, "aria-labelledby") ?? "").split(/\s+/).filter(Boolean)
      .map((id) => all(`#${CSS.escape(id)}`)[0]?.innerText);
    const texts = [...labels, ...referenced].filter(Boolean);
    return clip(texts.join(" ") || attribute(field, "aria-label") || attribute(field, "placeholder")
      || attribute(field, "title"));
  };

  const isButton = (element) => element.localName === "button" || ["submit", "button", "image", "reset"].includes(element.type);

  const field = (element) => ({
    name: clip(attribute(element, "name")),
    type: element.type ?? "",
    label: label(element),
    required: Boolean(element.required),
    prechecked: ["checkbox", "radio"].includes(element.type) && element.checked,
    visible: isVisible(element),
    autocomplete: clip(attribute(element, "autocomplete")),
  });

  const form = (element, controls) => {
    const buttons = controls.filter(isButton);
    const fields = controls.filter((control) => !isButton(control));
    return {
      action: element ? absolute(attribute(element, "action") || property(Document.prototype, "URL", document)) : "",
      method: element ? (attribute(element, "method") || "get").toLowerCase() : "",
      name: clip(element && (attribute(element, "name") || attribute(element, "id"))),
      selector: element ? path(element) : "",
      fields: fields.slice(0, limits.fields).map(field),
      fields_count: fields.length,
      buttons: buttons.slice(0, limits.fields)
        .map((button) => clip(button.localName === "button" ? button.innerText : attribute(button, "value"))),
      formactions: buttons.filter((button) => button.hasAttribute("formaction")).slice(0, limits.fields)
        .map((button) => absolute(attribute(button, "formaction"))),
    };
  };

  const controls = all("input, select, textarea, button");
  const controlsByForm = new Map(all("form").map((element) => [element, []]));
  const withoutForm = [];
  for (const control of controls) (controlsByForm.get(control.form) ?? withoutForm).push(control);
  const forms = [...controlsByForm].slice(0, limits.list).map(([element, members]) => form(element, members));
  if (withoutForm.some((control) => !isButton(control))) forms.push(form(null, withoutForm));

  const scripts = all("script");
  const sources = scripts.filter((script) => script.hasAttribute("src"));
  const isCode = (script) => /^(|module|(text|application)\/(x-)?(javascript|ecmascript))$/i
    .test((attribute(script, "type") ?? "").trim());
  const resource = (element, key) => ({
    url: absolute(attribute(element, key)),
    integrity: clip(attribute(element, "integrity")),
    crossorigin: attribute(element, "crossorigin"),
  });
  const styles = all("link[rel~=stylesheet i][href]");
  const iframes = all("iframe, frame");
  const links = all("a[href], area[href]");
  const contacts = (scheme) => [...new Set(links
    .map((element) => attribute(element, "href").trim())
    .filter((href) => href.toLowerCase().startsWith(scheme))
    .map((href) => clip(href.slice(scheme.length).split("?")[0])))].slice(0, limits.list);
  const keys = (store) => {
    try {
      return window[store].length;
    } catch {
      return 0;
    }
  };
  const fullText = text();
  const timing = performance.getEntriesByType("navigation")[0];
  const rounded = (time) => (timing && time > 0 ? Math.round(time * 10) / 10 : null);

  return {
    title: clip(property(Document.prototype, "title", document)),
    language: clip(root && (attribute(root, "lang") || attribute(root, "xml:lang"))),
    description: meta("description"),
    canonical: all("link[rel~=canonical i][href]").slice(0, 1).map((element) => absolute(attribute(element, "href"))).join(""),
    content_type: property(Document.prototype, "contentType", document),
    html_size: root ? property(Element.prototype, "outerHTML", root).length : 0,
    text: cut(fullText, limits.text),
    text_length: fullText.length,
    size: {
      width: root ? property(Element.prototype, "scrollWidth", root) : 0,
      height: Math.max(...[root, body].filter(Boolean).map((box) => property(Element.prototype, "scrollHeight", box)), 0),
    },
    timing: {
      response_ms: rounded(timing?.responseStart),
      interactive_ms: rounded(timing?.domInteractive),
      loaded_ms: rounded(timing?.loadEventEnd),
      transfer_bytes: timing?.transferSize ?? null,
    },
    links: links.slice(0, limits.links).map(link),
    mail: contacts("mailto:"),
    phone: contacts("tel:"),
    forms,
    forms_count: controlsByForm.size,
    scripts: sources.slice(0, limits.list).map((script) => ({
      ...resource(script, "src"),
      type: clip(attribute(script, "type")),
    })),
    scripts_count: sources.length,
    inline_scripts_count: scripts.filter((script) => !script.hasAttribute("src") && isCode(script)).length,
    stylesheets: styles.slice(0, limits.list).map((style) => resource(style, "href")),
    stylesheets_count: styles.length,
    iframes: iframes.slice(0, limits.list).map((frame) => ({
      url: frame.hasAttribute("srcdoc") ? "about:srcdoc" : absolute(attribute(frame, "src") || "about:blank"),
      title: clip(attribute(frame, "title")),
      sandbox: attribute(frame, "sandbox"),
    })),
    iframes_count: iframes.length,
    storage: { local: keys("localStorage"), session: keys("sessionStorage") },
  };
}
