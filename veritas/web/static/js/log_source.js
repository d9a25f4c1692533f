// A run in the server's log, as the player reads it: in parts, of which the first is there soon, and then whatever is
// recorded further.

import { NO_IMAGE, Source } from "../player/source.js";
import { get, getText } from "./api.js";

const FIRST = 1_000; // events; every further part is as long as the server allows
const CHANGED = 409; // what was read before was removed from the log

export class LogSource extends Source {
  #address;
  #position = 0;
  #removal = 0;
  #record = { index: -1, text: null };

  constructor(run) {
    super({ id: run });
    this.#address = `/api/v1/runs/${encodeURIComponent(run)}`;
  }

  /** Read what is recorded and not yet here; return the last answer. */
  async read() {
    let part = this.#part(this.#position ? {} : { limit: FIRST });
    for (;;) {
      const answer = await part;
      const { recording, patches, next } = answer;
      this.#position = recording.events.position.at(-1) ?? this.#position;
      this.#removal = answer.removal;
      this.whole = next === null;
      if (!this.whole) part = this.#part({}); // the server makes it while the browser shows this one
      if (patches.length) this.append({ ...recording, patches });
      if (this.whole) return answer;
    }
  }

  async #part(limit) {
    return get(`${this.#address}/player`, { after: this.#position, removal: this.#removal, ...limit }).catch((error) => {
      if (error.status === CHANGED) location.reload();
      throw error;
    });
  }

  picture(hash) {
    return `/api/v1/artifacts/${encodeURIComponent(hash)}`;
  }

  async absence(hash) {
    const response = await fetch(this.picture(hash), { headers: { Accept: "application/json" } }).catch(() => null);
    if (response === null) return "The server does not answer.";
    return response.ok ? NO_IMAGE : ((await response.json().catch(() => null))?.detail ?? `The server answered ${response.status}.`);
  }

  async record(index) {
    if (this.#record.index !== index) {
      const text = await getText(`${this.#address}/events/${this.events.position(index)}`);
      this.#record = { index, text };
    }
    return this.#record.text;
  }
}
