// A source: where the player gets a run from. A recorded run is whole, and a run that goes on grows by parts.
//
// Of a source the player needs
//   run            the run: its start, the labels of its phases, its screenshots and the requests of each visit
//   events         the columns of its events: `count`, and a function of the index for each column
//   patch(index)   the patch of the state
//   picture(hash)  the URL of a screenshot; null if the source does not have it
//   absence(hash)  a promise of a sentence: why a screenshot is not shown
//   record(index)  a promise of the event exactly as it was recorded, as a line of `events.jsonl`
//   onchange       a function that the source calls after it has grown; the player sets it
//   whole          whether all events are here that are recorded now

const VALUES = ["position", "offset", "seq", "line"];
const NAMES = ["source", "type", "phase", "step", "mark"];

const OTHER_MARKS = ["", "recorder", "screenshot", "error"];

// Return whether the mark of an event is that of a finding.
export function isFinding(mark) {
  return !OTHER_MARKS.includes(mark);
}

export class EventColumns {
  repeated = new Set();
  count = 0;
  #values = Object.fromEntries(VALUES.map((name) => [name, []]));
  #names = Object.fromEntries(NAMES.map((name) => [name, { names: [], rows: [] }]));

  constructor() {
    for (const name of VALUES) this[name] = (index) => this.#values[name][index];
    for (const name of NAMES) this[name] = (index) => this.#names[name].names[this.#names[name].rows[index]];
  }

  // Append the columns of the next events.
  append(columns) {
    for (const name of VALUES) for (const value of columns[name]) this.#values[name].push(value);
    for (const name of NAMES) {
      this.#names[name].names = columns[name].names;
      for (const row of columns[name].rows) this.#names[name].rows.push(row);
    }
    for (const index of columns.repeated) this.repeated.add(index);
    this.count = this.#values.position.length;
  }

  // Return the index of the last event that is not after this position, at least 0.
  indexOf(position) {
    return Math.max(this.#before((index) => this.position(index) <= position) - 1, 0);
  }

  // Return the index of the last event that is not after this offset, at least 0.
  indexAt(offset) {
    return Math.max(this.#before((index) => this.offset(index) <= offset) - 1, 0);
  }

  // Return how many events a condition holds for, which no later event fulfils after one that does not.
  #before(holds) {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const LONG_NUMBER = /[0-9]{16}/;

// Return the value of JSON. An integer that a double does not hold stays as it is written, where the browser can do so.
function exactly(text) {
  if (!JSON.rawJSON || !LONG_NUMBER.test(text)) return JSON.parse(text);
  const isCut = (value, source) => Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?[0-9]+$/.test(source);
  return JSON.parse(text, (_, value, { source } = {}) => (isCut(value, source) ? JSON.rawJSON(source) : value));
}

export const NO_IMAGE = "It is not a PNG, JPEG, GIF or WebP image that the browser can read.";

// A source that parts of a run are appended to, as `Recording.part` in recording.py makes them.
export class Source {
  events = new EventColumns();
  onchange = null;
  whole = true;
  #patches = [];
  #parsed = new Map(); // the patches with findings, so that a finding is the same object in each state

  constructor(run) {
    this.run = { screenshots: [], visits: [], ...run };
  }

  // Append the next part: its events, with a patch for each as JSON.
  append({ start, labels, events, patches, screenshots, visits }) {
    Object.assign(this.run, { start, labels });
    this.events.append(events);
    for (const patch of patches) this.#patches.push(patch);
    this.run.screenshots.push(...screenshots);
    this.run.visits.push(...visits);
    this.onchange?.();
  }

  patch(index) {
    if (!isFinding(this.events.mark(index))) return exactly(this.#patches[index]);
    if (!this.#parsed.has(index)) this.#parsed.set(index, exactly(this.#patches[index]));
    return this.#parsed.get(index);
  }
}
