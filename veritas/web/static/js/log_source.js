// A run in the server's log, as the player reads it: all of it first, and then whatever is recorded further.

import { Source } from "../player/source.js";
import { get, getText } from "./api.js";

const SETTLED = 80; // ms that the moment must stay before its event is read: scrubbing passes hundreds of them
const CHANGED = 409; // what was read before was removed from the log

export class LogSource extends Source {
  #address;
  #position = 0;
  #wanted = -1; // the index of the event that was asked for last
  #record = { index: -1, text: null };

  constructor(run) {
    super({ id: run });
    this.#address = `/api/v1/runs/${encodeURIComponent(run)}`;
  }

  /** Read what is recorded and not yet here; return the last answer. */
  async read() {
    for (;;) {
      const answer = await get(`${this.#address}/player`, { after: this.#position }).catch((error) => {
        if (error.status === CHANGED) location.reload();
        throw error;
      });
      const { recording, patches } = answer;
      this.#position = recording.events.position.at(-1) ?? this.#position;
      if (patches.length) this.append({ ...recording, patches });
      if (answer.next === null) return answer;
    }
  }

  picture(hash) {
    return `/api/v1/artifacts/${encodeURIComponent(hash)}`;
  }

  async record(index) {
    if (this.#record.index === index) return this.#record.text;
    this.#wanted = index;
    await new Promise((resume) => setTimeout(resume, SETTLED));
    if (this.#wanted !== index) return undefined;
    const text = await getText(`${this.#address}/events/${this.events.position(index)}`);
    this.#record = { index, text };
    return text;
  }
}
