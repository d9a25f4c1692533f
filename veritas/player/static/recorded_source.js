// A recording that is in the page itself.

import { NO_IMAGE, Source } from "./source.js";

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

export class RecordedSource extends Source {
  #records = null;
  #pictures = new Map();

  // Read the recording in this page.
  static async open() {
    const [recording, patches] = await Promise.all([unpacked("recording"), unpacked("patches")]);
    const { run, recorded, evidence } = JSON.parse(recording);
    const source = new RecordedSource({ id: run, evidence });
    source.append({ ...recorded, patches: patches.split("\n") });
    return source;
  }

  picture(hash) {
    if (!this.#pictures.has(hash)) {
      const bytes = this.artifact(hash);
      const known = bytes && IMAGES.find(([, magic]) => magic.every((byte, at) => bytes[at] === byte));
      this.#pictures.set(hash, known ? URL.createObjectURL(new Blob([bytes], { type: known[0] })) : null);
    }
    return this.#pictures.get(hash);
  }

  async absence(hash) {
    const { left_out: reasons } = this.run.evidence;
    if (Object.hasOwn(reasons, hash)) return reasons[hash];
    if (!this.artifacts().includes(hash)) return "It was taken out of this file.";
    return this.artifact(hash) ? NO_IMAGE : "It was altered or damaged in this file.";
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
