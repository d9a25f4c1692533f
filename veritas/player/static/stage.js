// The screenshots: a strip of all of them, and the one of the moment with the findings outlined on it.

import { element, setText } from "./dom.js";
import { duration, oneLine, visible } from "./text.js";

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

// Return a picture: one image, or the changed pixels laid on the whole image that they change. `onload` is called for
// each image, and `onabsent` with the hash of each that cannot be shown.
function picture(source, screenshot, text, { onload, onabsent }) {
  const layers = element("div", { class: "layers" });
  for (const hash of [screenshot.base, screenshot.sha256].filter(Boolean)) {
    const src = source.picture(hash);
    const image = element("img", { alt: layers.childElementCount ? "" : text, draggable: "false", onload });
    image.addEventListener("error", () => {
      image.remove();
      onabsent(hash);
    });
    if (src === null) onabsent(hash);
    else {
      image.src = src;
      layers.append(image);
    }
  }
  return layers;
}

export class Filmstrip {
  #strip = document.getElementById("filmstrip");
  #source;
  #onseek;
  #frames = [];
  #shown = -1;
  #stride = 0; // pixels from one frame to the next
  #middle = 0; // of what is visible of the strip
  #observer = new IntersectionObserver((entries) => this.#fill(entries), { root: this.#strip, rootMargin: "0px 400px" });

  constructor(source, onseek) {
    [this.#source, this.#onseek] = [source, onseek];
    new ResizeObserver(([{ contentRect }]) => (this.#middle = contentRect.width / 2)).observe(this.#strip);
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
    if (this.#frames.length > 1) this.#stride = this.#frames[1].offsetLeft - this.#frames[0].offsetLeft;
  }

  // Put the pictures into the frames that come into view: a run may have hundreds.
  #fill(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      this.#observer.unobserve(target);
      const screenshot = this.#source.run.screenshots[this.#frames.indexOf(target)];
      const onabsent = () => target.querySelector(".absent") ?? target.prepend(element("span", { class: "absent soft", text: "not shown" }));
      target.prepend(picture(this.#source, screenshot, "", { onabsent }));
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
    // To scroll, the browser lays out whatever has changed before: so this comes first.
    if (at >= 0) this.#strip.scrollLeft = (at + 0.5) * this.#stride - this.#middle;
    this.#frames[this.#shown]?.removeAttribute("aria-current");
    this.#frames[at]?.setAttribute("aria-current", "true");
    this.#shown = at;
  }
}

export class Stage {
  #stage = document.getElementById("stage");
  #source;
  #onselect;
  #outlines = element("div", { class: "outlines" });
  #caption = element("p", { class: "caption soft" });
  #absent = element("p", { class: "absent", role: "note" });
  #pictures = new Map();
  #shown = null; // the screenshot
  #marked = []; // the findings that are outlined
  #selected = null;
  #scrolled = false;

  constructor(source, onselect) {
    [this.#source, this.#onselect] = [source, onselect];
    this.#stage.addEventListener("scroll", () => (this.#scrolled = this.#stage.scrollTop > 0), { passive: true });
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
      this.#stage.replaceChildren(element("p", { class: "nothing soft", text: "No screenshot was taken up to this event." }));
      return;
    }
    setText(this.#caption, caption(screenshot));
    this.#outlines.replaceChildren();
    const { layers, absent } = this.#picture(screenshot);
    this.#describeAbsent(absent);
    this.#stage.replaceChildren(this.#caption, this.#absent, element("div", { class: "shot" }, layers, this.#outlines));
    if (this.#scrolled) this.#stage.scrollTop = 0;
  }

  // Return the picture of a screenshot: the same one each time, so that the browser decodes it once.
  #picture(screenshot) {
    if (!this.#pictures.has(screenshot)) {
      const shown = { layers: null, absent: new Set() };
      const onload = () => screenshot === this.#shown && this.#outline();
      const onabsent = async (hash) => {
        const what = hash === screenshot.sha256 ? "This picture" : "The picture that this one is laid on";
        shown.absent.add(`${what} cannot be shown. ${await this.#source.absence(hash)}`);
        if (screenshot === this.#shown) this.#describeAbsent(shown.absent);
      };
      this.#pictures.set(screenshot, shown);
      shown.layers = picture(this.#source, screenshot, caption(screenshot), { onload, onabsent });
    }
    return this.#pictures.get(screenshot);
  }

  #describeAbsent(sentences) {
    setText(this.#absent, visible([...sentences].join(" ")));
    this.#absent.hidden = sentences.size === 0;
  }

  #outline() {
    const image = this.#stage.querySelector("img");
    const [width, height] = [image?.naturalWidth, image?.naturalHeight];
    if (!width || !height) return;
    const frames = this.#marked.map((finding) => {
      const rect = rectOf(finding);
      const title = oneLine(finding.title ?? finding.kind ?? "a finding");
      // The Findings tab does the same for the keyboard; small frames next to each other are no targets for it.
      const attributes = { type: "button", tabindex: "-1", title, "aria-label": `Finding: ${title}`, onclick: () => this.#onselect(finding) };
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
    // In the next frame its place is known without another layout.
    if (chosen) requestAnimationFrame(() => this.#scrollTo(chosen));
  }

  #scrollTo({ offsetTop, offsetHeight, isConnected }) {
    if (isConnected) this.#stage.scrollTop = offsetTop - Math.max((this.#stage.clientHeight - offsetHeight) / 2, 20);
  }
}
