// The state of a run after each event, from the patches that veritas/player/state_patches.py describes.

const KEY_FRAME_EVERY = 64; // events

function assign(target, name, value) {
  // An emitter may send a member "__proto__", and a plain assignment would set the prototype.
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}

// Return what an operation makes of a value, which stays as it is; what does not change is shared by both.
export function apply(value, operation) {
  if (Array.isArray(operation)) {
    const [first, text] = operation;
    return operation.length === 2 ? value.slice(first) + text : first;
  }
  const changed = Array.isArray(value) ? [...value] : { ...value };
  for (const [name, inner] of Object.entries(operation)) {
    if (Array.isArray(inner) && inner.length === 0) delete changed[name];
    else assign(changed, name, apply(Object.hasOwn(changed, name) ? changed[name] : undefined, inner));
  }
  return changed;
}

// The states of a run. Those after every 64th event are kept, and any other is made from the one before it.
export class States {
  #patch;
  #frames = [{}]; // number k is the state after the first 64 k events
  #latest = { after: 0, state: {} };
  #last = -1; // the index of the last event up to which states are kept
  #preparing = false;

  // `patch(index)` returns the patch of an event.
  constructor(patch) {
    this.#patch = patch;
  }

  // Return the state after the event with this index.
  at(index) {
    const wanted = index + 1;
    const frame = Math.min(Math.floor(wanted / KEY_FRAME_EVERY), this.#frames.length - 1);
    let [after, state] = [frame * KEY_FRAME_EVERY, this.#frames[frame]];
    if (this.#latest.after <= wanted && this.#latest.after > after) ({ after, state } = this.#latest);
    while (after < wanted) {
      state = apply(state, this.#patch(after));
      after += 1;
      if (after === this.#frames.length * KEY_FRAME_EVERY) this.#frames.push(state);
    }
    this.#latest = { after, state };
    return state;
  }

  // Keep the states up to the event with this index, in pieces, so that a jump there takes no time.
  prepare(last) {
    this.#last = last;
    if (this.#preparing) return;
    this.#preparing = true;
    setTimeout(() => this.#prepare());
  }

  #prepare() {
    const until = performance.now() + 4;
    const kept = this.#latest;
    let index = this.#frames.length * KEY_FRAME_EVERY - 1;
    while (index <= this.#last && performance.now() < until) {
      this.at(index);
      index += KEY_FRAME_EVERY;
    }
    this.#latest = kept;
    this.#preparing = index <= this.#last;
    if (this.#preparing) setTimeout(() => this.#prepare());
  }
}
