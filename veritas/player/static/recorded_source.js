// A source: where the player gets a run from. This one has a recording that is in the page itself.
//
// Every source has
//   run            subject, status and the other fields of the header that recording.py makes
//   events         the columns of the events: `count`, and a function of the index for each column
//   patch(index)   the patch of the state
//   picture(hash)  the URL of a screenshot; null if the source does not have it
//   record(index)  a promise of the event exactly as it was recorded, as a line of `events.jsonl`
//   growing        whether events may follow; then `onchange` is called after new ones

const BLOCK = "data-";
const IMAGES = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
  ["image/webp", [0x52, 0x49, 0x46, 0x46]],
];

export function fromBase64(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

// Return the text of a block, which is base64 of gzip of UTF-8. What was altered in it mostly does not unpack.
async function unpacked(name) {
  const packed = new Blob([fromBase64(document.getElementById(BLOCK + name).textContent)]);
  const bytes = await new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

function withoutLastNewline(text) {
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}

export class EventColumns {
  constructor(columns) {
    this.columns = columns;
    this.repeated = new Set(columns.repeated);
    for (const name of ["position", "offset", "seq", "line"]) this[name] = (index) => columns[name][index];
    for (const name of ["source", "type", "phase", "step", "mark"])
      this[name] = (index) => columns[name].names[columns[name].rows[index]];
  }

  get count() {
    return this.columns.position.length;
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

export class RecordedSource {
  growing = false;
  #patches;
  #records = null;
  #pictures = new Map();

  constructor(run, patches) {
    this.run = run;
    this.events = new EventColumns(run.events);
    this.#patches = patches;
  }

  // Read the recording in this page.
  static async open() {
    const [run, patches] = await Promise.all([unpacked("recording"), unpacked("patches")]);
    return new RecordedSource(JSON.parse(run), patches.split("\n"));
  }

  patch(index) {
    return JSON.parse(this.#patches[index]);
  }

  picture(hash) {
    if (!this.#pictures.has(hash)) {
      const bytes = this.artifact(hash);
      const known = bytes && IMAGES.find(([, magic]) => magic.every((byte, at) => bytes[at] === byte));
      this.#pictures.set(hash, known ? URL.createObjectURL(new Blob([bytes], { type: known[0] })) : null);
    }
    return this.#pictures.get(hash);
  }

  async record(index) {
    return (await this.records())[index];
  }

  // Return the hashes of the artifacts in this page.
  artifacts() {
    const blocks = document.querySelectorAll(`script[id^="${BLOCK}artifact-"]`);
    return [...blocks].map((block) => block.id.slice(`${BLOCK}artifact-`.length));
  }

  // Return an artifact's bytes; null if they are not in this page, or cannot be read.
  artifact(hash) {
    const block = document.getElementById(`${BLOCK}artifact-${hash}`);
    if (block === null) return null;
    try {
      return fromBase64(block.textContent);
    } catch {
      return null;
    }
  }

  // Return all lines of `events.jsonl`.
  records() {
    this.#records ??= unpacked("events").then((text) => withoutLastNewline(text).split("\n"));
    return this.#records;
  }
}
