// The time line: the phases as bars, and a tick for each event. It is one canvas, drawn again only when it changes.

import { duration, oneLine } from "./text.js";

const [RULER, BAR, GAP] = [20, 20, 4]; // pixels
const ROWS = 2; // of bars: phases mostly follow one another
const EDGE = 10; // pixels at each side, so that the first and the last tick can be seen and hit
const TONES = {
  critical: ["bad", 1],
  high: ["bad", 1],
  medium: ["fair", 0.9],
  low: ["note", 0.8],
  finding: ["note", 0.8],
  error: ["bad", 0.8],
  screenshot: ["note", 0.6],
  recorder: ["soft", 0.3],
  "": ["soft", 0.42],
};
const STATUSES = { completed: "good", failed: "bad", unfinished: "fair", running: "note" };
const ORDER = ["", "recorder", "screenshot", "low", "finding", "medium", "error", "high", "critical"];
const STEPS = [1, 2, 5];

// Return the phases in the order in which they began: the indices of the first and the last event of each.
export function phasesOf(events) {
  const phases = new Map();
  for (let index = 0; index < events.count; index++) {
    const name = events.source(index) === "recorder" ? "" : events.phase(index);
    if (!name || name === "iteration") continue;
    const phase = phases.get(name) ?? { name, first: index, last: index };
    phase.last = index;
    phases.set(name, phase);
  }
  return [...phases.values()];
}

function gridStep(length, most) {
  for (let power = 1e-3; ; power *= 10)
    for (const step of STEPS) if (length / (step * power) <= most) return step * power;
}

export class Timeline {
  #track = document.getElementById("track");
  #canvas = document.getElementById("canvas");
  #cursor = document.getElementById("cursor");
  #source;
  #onseek;
  #phases = [];
  #statuses = new Map();
  #offset = 0;
  #width = 0;
  #left = 0;

  constructor(source, onseek) {
    [this.#source, this.#onseek] = [source, onseek];
    new ResizeObserver(() => this.draw()).observe(this.#track);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    this.#track.addEventListener("pointerdown", (event) => this.#grab(event));
    this.#track.addEventListener("pointermove", (event) => {
      if (this.#track.hasPointerCapture(event.pointerId)) this.#seek(event);
    });
  }

  // Show these phases, whose status is that which they have in the end.
  show(phases, ended) {
    this.#phases = phases;
    this.#statuses = new Map(ended.map(({ phase, status }) => [phase, status]));
    this.draw();
  }

  // Show the cursor at an offset, and say where that is.
  moveTo(offset, index, text) {
    this.#offset = offset;
    this.#place();
    this.#track.setAttribute("aria-valuenow", index + 1);
    this.#track.setAttribute("aria-valuetext", text);
  }

  draw() {
    const scale = devicePixelRatio || 1;
    const { width, height } = this.#track.getBoundingClientRect();
    this.#width = width;
    [this.#canvas.width, this.#canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
    const pen = this.#canvas.getContext("2d");
    pen.scale(scale, scale);
    const style = getComputedStyle(document.body);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    pen.font = `12px ${style.fontFamily}`;
    pen.textBaseline = "middle";
    this.#drawRuler(pen, colour, height);
    this.#drawPhases(pen, colour);
    this.#drawTicks(pen, colour, height);
    this.#place();
  }

  #place() {
    this.#cursor.style.transform = `translateX(${this.#x(this.#offset).toFixed(2)}px)`;
  }

  get #length() {
    return Math.max(this.#source.events.offset(this.#source.events.count - 1), 0.001);
  }

  #x(offset) {
    return EDGE + (offset / this.#length) * Math.max(this.#width - 2 * EDGE, 1);
  }

  #drawRuler(pen, colour, height) {
    const step = gridStep(this.#length, Math.max(this.#width / 90, 1));
    for (let mark = 0; mark * step <= this.#length; mark++) {
      const x = Math.round(this.#x(mark * step)) + 0.5;
      pen.strokeStyle = colour("line");
      pen.beginPath();
      pen.moveTo(x, RULER);
      pen.lineTo(x, height);
      pen.stroke();
      const text = mark ? duration(mark * step) : "0";
      pen.fillStyle = colour("soft");
      const room = pen.measureText(text).width;
      pen.fillText(text, Math.min(x - (mark ? room / 2 : 4), this.#width - room), RULER / 2);
    }
  }

  #drawPhases(pen, colour) {
    const { events, run } = this.#source;
    const ends = Array(ROWS).fill(-1);
    for (const { name, first, last } of this.#phases) {
      const status = this.#statuses.get(name) ?? "running";
      const ended = status === "completed" || status === "failed";
      const from = this.#x(events.offset(first));
      const to = Math.max(this.#x(ended ? events.offset(last) : this.#length), from + 2);
      const free = ends.findIndex((end) => end <= from + 2);
      const row = free < 0 ? ends.indexOf(Math.min(...ends)) : free;
      ends[row] = to;
      const y = RULER + GAP + row * (BAR + GAP);
      pen.fillStyle = colour(`${STATUSES[status] ?? "note"}-wash`);
      pen.beginPath();
      pen.roundRect(from, y, to - from, BAR, 3);
      pen.fill();
      pen.fillStyle = colour(STATUSES[status] ?? "note");
      pen.fillRect(from, y, 2, BAR);
      const label = oneLine(run.labels[name] ?? name);
      if (pen.measureText(label).width + 12 < to - from) pen.fillText(label, from + 8, y + BAR / 2 + 1);
    }
  }

  // Draw a tick for each event, the severe ones last; those of one kind on one pixel are one tick.
  #drawTicks(pen, colour, height) {
    const { events } = this.#source;
    const drawn = new Map(ORDER.map((mark) => [mark, new Set()]));
    for (let index = 0; index < events.count; index++)
      drawn.get(events.mark(index))?.add(Math.round(this.#x(events.offset(index))));
    const bottom = height - 4;
    const tallest = bottom - (RULER + GAP + ROWS * (BAR + GAP));
    for (const mark of ORDER) {
      const [tone, share] = TONES[mark];
      pen.fillStyle = colour(tone);
      for (const x of drawn.get(mark)) pen.fillRect(x - (share > 0.5 ? 1 : 0.5), bottom - tallest * share, share > 0.5 ? 2 : 1, tallest * share);
    }
  }

  #grab(event) {
    if (event.button !== 0) return;
    this.#left = this.#track.getBoundingClientRect().left;
    this.#track.setPointerCapture(event.pointerId);
    this.#seek(event);
  }

  #seek(event) {
    const share = (event.clientX - this.#left - EDGE) / Math.max(this.#width - 2 * EDGE, 1);
    this.#onseek(Math.min(Math.max(share, 0), 1) * this.#length);
  }
}
