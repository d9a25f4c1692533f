// The screenshots: a strip of all of them, and the one of the moment with the findings outlined on it.

import { element, setText } from "./dom.js";
import { duration, oneLine } from "./text.js";

function number(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

// Return the place of a finding on its screenshot, in its pixels; null if the finding has none.
export function rectOf(finding) {
  const { x, y, width, height } = finding.evidence?.rect ?? {};
  if ([x, y, width, height].some((value) => number(value) === null) || width < 0 || height < 0) return null;
  return { x, y, width, height };
}

function caption({ kind, url }) {
  return oneLine([kind?.replaceAll("_", " "), url].filter(Boolean).join(" of ")) || "a screenshot";
}

// Return a picture: one image, or the changed pixels laid on the whole image that they change.
function picture(source, screenshot, text) {
  const layers = [screenshot.base, screenshot.sha256].filter(Boolean).map((hash) => source.picture(hash));
  const images = layers.filter(Boolean).map((src, at) => element("img", { src, alt: at ? "" : text, draggable: "false" }));
  return images.length ? element("div", { class: "layers" }, ...images) : null;
}

export class Filmstrip {
  #strip = document.getElementById("filmstrip");
  #source;
  #onseek;
  #frames = [];
  #shown = -1;
  #observer = new IntersectionObserver((entries) => this.#fill(entries), { root: this.#strip, rootMargin: "0px 400px" });

  constructor(source, onseek) {
    [this.#source, this.#onseek] = [source, onseek];
  }

  // Append the screenshots that the source has got since.
  grow() {
    const frames = this.#source.run.screenshots.slice(this.#frames.length).map((each) => this.#frame(each));
    if (!this.#frames.length) {
      const none = element("p", { class: "soft", text: "There are no screenshots." });
      this.#strip.replaceChildren(...(frames.length ? [] : [none]));
    }
    this.#strip.append(...frames);
    this.#frames.push(...frames);
    for (const frame of frames) this.#observer.observe(frame);
  }

  // Put the pictures into the frames that come into view: a run may have hundreds.
  #fill(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      this.#observer.unobserve(target);
      const screenshot = this.#source.run.screenshots[this.#frames.indexOf(target)];
      target.prepend(picture(this.#source, screenshot, "") ?? element("span", { class: "soft", text: "not shown" }));
    }
  }

  #frame(screenshot) {
    const at = duration(this.#source.events.offset(screenshot.index));
    const attributes = { type: "button", "aria-label": `${caption(screenshot)}, after ${at}` };
    const onclick = () => this.#onseek(screenshot.index);
    return element("button", { ...attributes, onclick }, element("span", { class: "when", text: at }));
  }

  // Mark the frame with this number as the one of the moment; -1 for none.
  show(at) {
    if (at === this.#shown) return;
    this.#frames[this.#shown]?.removeAttribute("aria-current");
    this.#shown = at;
    const frame = this.#frames[at];
    if (!frame) return;
    frame.setAttribute("aria-current", "true");
    const { offsetLeft, offsetWidth } = frame;
    this.#strip.scrollLeft = offsetLeft - (this.#strip.clientWidth - offsetWidth) / 2;
  }
}

export class Stage {
  #stage = document.getElementById("stage");
  #source;
  #onselect;
  #outlines = element("div", { class: "outlines" });
  #caption = element("p", { class: "caption soft" });
  #pictures = new Map();
  #shown = null; // the screenshot
  #marked = []; // the findings that are outlined
  #selected = null;

  constructor(source, onselect) {
    [this.#source, this.#onselect] = [source, onselect];
  }

  // Show a screenshot, with the outlines of those findings that were seen on it.
  show(screenshot, findings, selected) {
    const changed = screenshot !== this.#shown || this.#stage.childElementCount === 0;
    if (changed) this.#replace(screenshot);
    const hash = screenshot?.sha256;
    const marked = findings.filter((finding) => hash && finding.evidence?.screenshot === hash && rectOf(finding));
    const again = changed || marked.length !== this.#marked.length || marked.some((each, at) => each !== this.#marked[at]);
    if (!again && selected === this.#selected) return;
    [this.#marked, this.#selected] = [marked, selected];
    this.#outline();
  }

  #replace(screenshot) {
    this.#shown = screenshot;
    if (!screenshot) {
      this.#stage.replaceChildren(element("p", { class: "nothing soft", text: "No screenshot was taken yet." }));
      return;
    }
    const image = this.#picture(screenshot);
    setText(this.#caption, caption(screenshot) + (image ? "" : ": this file does not have the picture"));
    this.#outlines.replaceChildren();
    this.#stage.replaceChildren(this.#caption, element("div", { class: "shot" }, image, this.#outlines));
    this.#stage.scrollTop = 0;
  }

  // Return the picture of a screenshot: the same one each time, so that the browser decodes it once.
  #picture(screenshot) {
    if (!this.#pictures.has(screenshot)) {
      const image = picture(this.#source, screenshot, caption(screenshot));
      for (const each of image?.children ?? [])
        each.addEventListener("load", () => screenshot === this.#shown && this.#outline());
      this.#pictures.set(screenshot, image);
    }
    return this.#pictures.get(screenshot);
  }

  #outline() {
    const image = this.#stage.querySelector("img");
    const [width, height] = [image?.naturalWidth, image?.naturalHeight];
    if (!width || !height) return;
    const frames = this.#marked.map((finding) => {
      const rect = rectOf(finding);
      const title = oneLine(finding.title ?? finding.kind ?? "a finding");
      const attributes = { type: "button", title, "aria-label": `Finding: ${title}`, onclick: () => this.#onselect(finding) };
      const frame = element("button", attributes);
      frame.classList.toggle("selected", finding === this.#selected);
      frame.style.left = `${(100 * rect.x) / width}%`;
      frame.style.top = `${(100 * rect.y) / height}%`;
      frame.style.width = `${(100 * rect.width) / width}%`;
      frame.style.height = `${(100 * rect.height) / height}%`;
      return frame;
    });
    this.#outlines.replaceChildren(...frames);
    const chosen = frames[this.#marked.indexOf(this.#selected)];
    if (!chosen) return;
    const { offsetTop, offsetHeight } = chosen;
    this.#stage.scrollTop = offsetTop - Math.max((this.#stage.clientHeight - offsetHeight) / 2, 20);
  }
}
