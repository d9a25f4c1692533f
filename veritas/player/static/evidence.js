// Check the evidence in the page: the run's chain of hashes, the artifacts, the tree and the signature of the checkpoint.
//
// store/bundle/FORMAT.md describes the events and each hash. A check has an outcome: "passed", "failed" or "unknown".

import { fromBase64 } from "./recorded_source.js";
import { count } from "./text.js";

const AT_ONCE = 64; // events that are hashed together; then the page may draw
const NULL = new Uint8Array(8).fill(0xff);
const ENCODER = new TextEncoder();
const NAMED = 3; // positions that a sentence names

function bytesOf(hex) {
  const bytes = new Uint8Array(hex.length >> 1);
  for (let at = 0; at < bytes.length; at++) bytes[at] = parseInt(hex.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
}

function same(left, right) {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

function prefixed(bytes) {
  const whole = new Uint8Array(8 + bytes.length);
  new DataView(whole.buffer).setUint32(4, bytes.length);
  whole.set(bytes, 8);
  return whole;
}

// Return a text of an envelope as bytes; most of them are the same in many events.
function encoded(text, known) {
  if (!known.has(text)) known.set(text, prefixed(ENCODER.encode(text)));
  return known.get(text);
}

function nextTask() {
  return new Promise((resume) => setTimeout(resume));
}

// Return an integer of an event as its digits; a double does not hold every one, but the line does.
function digits(line, event, name) {
  if (Number.isSafeInteger(event[name])) return String(event[name]);
  return line.match(new RegExp(`,"${name}":(-?[0-9]+),`))?.[1] ?? "";
}

function bodyOf(event) {
  return event.body_base64 === undefined ? ENCODER.encode(event.body) : fromBase64(event.body_base64);
}

function envelope(line, event, known) {
  const text = (value) => prefixed(ENCODER.encode(value));
  return joined(
    encoded(event.run_id, known),
    encoded(event.source, known),
    text(digits(line, event, "seq")),
    encoded(event.type, known),
    encoded(event.phase, known),
    encoded(event.step, known),
    event.emitted_at === null ? NULL : text(digits(line, event, "emitted_at")),
    text(digits(line, event, "recorded_at")),
    text(digits(line, event, "schema_version")),
    event.artifact === null ? NULL : prefixed(bytesOf(event.artifact)),
  );
}

// Return whether an event has the hashes that its content gives, after the event with the hash `previous`.
async function holds(line, event, previous, known) {
  const bodyHash = bytesOf(event.body_hash);
  if (event.salt !== null && !same(await sha256(bytesOf(event.salt), bodyOf(event)), bodyHash)) return false;
  return same(await sha256(new Uint8Array(1), previous, envelope(line, event, known), bodyHash), bytesOf(event.hash));
}

function erasedBy(events) {
  const named = new Set();
  for (const event of events) {
    if (event.source !== "recorder" || event.type !== "observation_redacted" || event.salt === null) continue;
    const { observation } = JSON.parse(event.body);
    named.add(`${observation?.source} ${observation?.seq}`);
  }
  return named;
}

function places(positions) {
  const more = positions.length - NAMED;
  return `position ${positions.slice(0, NAMED).join(", ")}${more > 0 ? ` and ${count(more, "other")}` : ""}`;
}

async function chainCheck(lines, events, run, evidence) {
  const name = "events";
  const [altered, known] = [[], new Map()];
  for (let first = 0; first < events.length; first += AT_ONCE) {
    const some = events.slice(first, first + AT_ONCE).map(async (event, at) => {
      const before = first + at ? bytesOf(events[first + at - 1].hash) : new Uint8Array(32);
      return event.run_id === run && (await holds(lines[first + at], event, before, known));
    });
    const held = await Promise.all(some);
    held.forEach((each, at) => each || altered.push(events[first + at].position));
    await nextTask();
  }
  if (altered.length) return [name, "failed", `altered after they were recorded: ${places(altered)}`];
  if (events.at(-1)?.hash !== evidence.head) return [name, "failed", "events are missing at the end"];
  const named = erasedBy(events);
  const erased = events.filter((event) => event.salt === null);
  const unnamed = erased.filter((event) => !named.has(`${event.source} ${event.seq}`));
  if (unnamed.length) return [name, "failed", `erased without a record of it: ${places(unnamed.map((e) => e.position))}`];
  const redacted = erased.length ? `; ${erased.length} of them redacted` : "";
  return [name, "passed", `${count(events.length, "event")} have the hashes that they were recorded with${redacted}`];
}

// Check that the player shows these events and their screenshots, one by one.
function shownCheck(events, columns, screenshots) {
  const name = "what is shown";
  const fields = ["position", "source", "seq", "type", "phase", "step"];
  const differs = (event, at) => fields.some((field) => columns[field](at) !== event[field]);
  const others = screenshots.some(({ index, sha256: hash }) => events[index]?.artifact !== hash);
  if (events.length !== columns.count || events.some(differs) || others)
    return [name, "failed", "the player shows other events than those that were recorded"];
  return [name, "passed", "the place, source, number, type, phase, step and screenshot of every event"];
}

async function artifactCheck(source, events, leftOut) {
  const name = "pictures and other artifacts";
  const wanted = new Set(events.filter((event) => event.salt !== null && event.artifact).map((event) => event.artifact));
  const here = source.artifacts();
  const altered = [];
  for (const hash of here) {
    const bytes = source.artifact(hash);
    await nextTask();
    if (bytes === null || hexOf(await sha256(bytes)) !== hash) altered.push(hash.slice(0, 12));
  }
  if (altered.length) return [[name, "failed", `altered: ${altered.slice(0, NAMED).join(", ")}`]];
  const missing = [...wanted].filter((hash) => !here.includes(hash));
  const removed = missing.filter((hash) => !Object.hasOwn(leftOut, hash));
  if (removed.length) return [[name, "failed", `missing from this file: ${removed.slice(0, NAMED).join(", ")}`]];
  const checks = [[name, "passed", `${count(here.length, "artifact")} with the SHA-256 that the events have`]];
  if (missing.length) checks.push(["other artifacts", "unknown", `${count(missing.length, "artifact")} are not in this file`]);
  return checks;
}

// A Merkle tree (RFC 6962) that grows at its right end: the roots of its complete subtrees.
class Tree {
  #subtrees = [];
  size = 0n;

  async append(hash, leaves = 1n) {
    this.size += leaves;
    while (this.#subtrees.length && this.#subtrees.at(-1)[0] === leaves) {
      hash = await sha256(Uint8Array.of(1), this.#subtrees.pop()[1], hash);
      leaves *= 2n;
    }
    this.#subtrees.push([leaves, hash]);
  }

  // Append the subtrees that cover the leaves up to `stop`; return whether there are as many as that takes.
  async appendSubtrees(stop, roots) {
    const rest = [...roots];
    while (this.size < stop) {
      let leaves = 1n << BigInt((stop - this.size).toString(2).length - 1);
      if (this.size && leaves > (this.size & -this.size)) leaves = this.size & -this.size;
      if (!rest.length) return false;
      await this.append(bytesOf(rest.shift()), leaves);
    }
    return this.size === stop && !rest.length;
  }

  async root() {
    let [, hash] = this.#subtrees.at(-1);
    for (const [, left] of this.#subtrees.slice(0, -1).reverse()) hash = await sha256(Uint8Array.of(1), left, hash);
    return hash;
  }
}

async function isInTree(events, rest, size, root) {
  const tree = new Tree();
  for (const event of events) {
    if (!(await tree.appendSubtrees(BigInt(event.position) - 1n, event.proof))) return false;
    await tree.append(bytesOf(event.hash));
    if (tree.size % 64n === 0n) await nextTask();
  }
  return (await tree.appendSubtrees(size, rest)) && same(await tree.root(), root);
}

// Return the parts of a signed note; FORMAT.md describes it.
function opened(note) {
  const end = note.lastIndexOf("\n\n");
  const text = note.slice(0, end + 1);
  const [origin, size, root] = text.split("\n");
  const signatures = note.slice(end + 2).split("\n").filter(Boolean).map((line) => line.split(" "));
  return { text, origin, size: BigInt(size), root: fromBase64(root), signatures };
}

async function keyOf(text) {
  const [, name, id, encoded] = text.match(/^([^\s+]+)\+([0-9a-f]{8})\+(.+)$/);
  const key = fromBase64(encoded);
  const hash = await sha256(ENCODER.encode(`${name}\n`), key);
  return { name, id, key: key.slice(1), holds: hexOf(hash.slice(0, 4)) === id };
}

async function isSigned(note, key) {
  const verifier = await crypto.subtle.importKey("raw", key.key, "Ed25519", false, ["verify"]);
  for (const [, name, encoded] of note.signatures) {
    const signature = fromBase64(encoded);
    if (name !== key.name || hexOf(signature.slice(0, 4)) !== key.id) continue;
    return crypto.subtle.verify("Ed25519", verifier, signature.slice(4), ENCODER.encode(note.text));
  }
  return false;
}

async function checkpointChecks(events, evidence) {
  if (evidence.checkpoint === null) {
    return [["signed checkpoint", "unknown", "none covers these events yet; `veritas checkpoint` signs one"]];
  }
  const { checkpoint } = evidence;
  const note = opened(checkpoint.note);
  const key = await keyOf(checkpoint.key);
  const inTree = await isInTree(events, checkpoint.rest, note.size, note.root);
  const covered = `the log ${note.origin} of ${count(Number(note.size), "event")}`;
  const checks = [
    inTree
      ? ["place in the log", "passed", `the events are in ${covered}, at these positions`]
      : ["place in the log", "failed", `the events are not those that the checkpoint of ${covered} covers`],
  ];
  if (!key.holds || key.name !== note.origin) return [...checks, ["signature", "failed", "the key is not the log's"]];
  try {
    const signed = await isSigned(note, key);
    const detail = signed ? "the checkpoint is signed with the key" : "the checkpoint is not as it was signed with the key";
    checks.push(["signature", signed ? "passed" : "failed", `${detail} ${checkpoint.key}`]);
  } catch {
    checks.push(["signature", "unknown", "this browser has no Ed25519, which the checkpoint is signed with"]);
  }
  checks.push([
    "whose key that is",
    "unknown",
    "anyone can make a key: compare it with the one that you got in another way",
  ]);
  return checks;
}

// What no check in the file itself can show.
const LIMITS = [
  [
    "verdict, findings, states and descriptions",
    "unknown",
    "VERITAS computed them from these events; this page does not compute them again, so compare what matters with the raw event",
  ],
  ["this page's own script", "unknown", "it makes these checks; `veritas verify` checks a bundle with a program of your own"],
];

// Return the checks of the evidence, each as [name, outcome, detail].
export async function verify(source) {
  if (!globalThis.crypto?.subtle) {
    return [["everything", "unknown", "this browser does not let a page like this compute hashes (WebCrypto is missing)"]];
  }
  const { evidence, id } = source.run;
  let [lines, events] = [];
  try {
    lines = await source.records();
    events = lines.map((line) => JSON.parse(line));
  } catch {
    return [["events", "failed", "they cannot be read: this file was altered or damaged"], ...LIMITS];
  }
  try {
    return [
      await chainCheck(lines, events, id, evidence),
      shownCheck(events, source.events, source.run.screenshots),
      ...(await artifactCheck(source, events, evidence.left_out)),
      ...(await checkpointChecks(events, evidence)),
      ...LIMITS,
    ];
  } catch (error) {
    return [["events", "failed", `they are not in the form of a recording (${error.message})`], ...LIMITS];
  }
}
