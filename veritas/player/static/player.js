// The player: it has one moment, the event that was last, and everything on the page shows that moment.

import { lastUpTo, setText } from "./dom.js";
import { Panels } from "./panels.js";
import { isFinding } from "./source.js";
import { Filmstrip, Stage } from "./stage.js";
import { States } from "./states.js";
import { duration, oneLine, seconds } from "./text.js";
import { Timeline, phasesOf } from "./timeline.js";

const LONGEST_PAUSE = 1; // recorded seconds; longer ones are cut to this, if idle time is to be skipped
const PAGE = 10; // events
const PLAY = "M4 2l10 6-10 6z";
const PAUSE = "M4 2h3v12H4zM9 2h3v12H9z";
const LINK = "#at="; // and the position of the event

function byId(id) {
  return document.getElementById(id);
}

export class Player {
  index = -1;
  selected = null; // the finding that was chosen
  #states;
  #timeline;
  #filmstrip;
  #stage;
  #panels;
  #phases = [];
  #count = 0; // of the events when they were measured
  #offset = 0;
  #playing = false;
  #ticked = 0; // when the last frame was shown, while it plays
  #drawn = false; // whether a frame is asked for
  #checks = null;
  #shownOn = null; // the screenshot of the chosen finding
  #sought = null; // the position of the event that the address names, until that is here

  constructor(source, { evidence = false } = {}) {
    this.source = source;
    this.#states = new States((index) => source.patch(index));
    this.#timeline = new Timeline(source, (offset) => this.#scrub(offset));
    this.#filmstrip = new Filmstrip(source, (index) => this.seek(index));
    this.#stage = new Stage(source, (finding) => this.select(finding));
    this.#panels = new Panels(this, evidence);
    this.#listen();
    this.#follow() || this.seek(source.events.count - 1);
    this.#measure();
    this.#states.prepare(source.events.count - 1);
    source.onchange = () => this.#grow();
  }

  // The state at the moment: the same as `veritas show --at` prints.
  get state() {
    return this.#states.at(this.index);
  }

  // Give the result of checking the evidence.
  set checks(checks) {
    this.#checks = checks;
    this.#draw();
  }

  // Go to the event with this index.
  seek(index) {
    this.#sought = null;
    const last = this.source.events.count - 1;
    this.#move(Math.min(Math.max(index, 0), last));
    this.#offset = this.source.events.offset(this.index);
  }

  // Return a promise of the next time that the browser has drawn the moment.
  drawn() {
    return new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  }

  // Choose a finding: show it on its screenshot, with what was measured.
  select(finding) {
    this.selected = finding;
    this.#shownOn = this.#screenshotOf(finding);
    this.#panels.show("Findings");
    this.#draw();
  }

  #unselect() {
    this.selected = this.#shownOn = null;
    this.#draw();
  }

  play() {
    const { events } = this.source;
    if (this.index === events.count - 1) this.seek(0);
    this.#playing = true;
    this.#ticked = performance.now();
    this.#showPlaying();
    requestAnimationFrame((now) => this.#tick(now));
  }

  pause() {
    this.#playing = false;
    this.#showPlaying();
  }

  // Take what the whole recording determines from the events that there are now.
  #measure() {
    const { events } = this.source;
    this.#phases = phasesOf(events);
    this.#filmstrip.grow();
    setText(byId("length"), `of ${duration(events.offset(events.count - 1))}`);
    byId("track").setAttribute("aria-valuemax", events.count);
    this.#timeline.show(this.#phases, this.#states.at(events.count - 1).phases ?? []);
    this.#count = events.count;
  }

  // Show that there are further events; if the last one was the moment, the new last one is.
  #grow() {
    const followed = this.index === this.#count - 1 && !this.#playing;
    this.#measure();
    this.#states.prepare(this.source.events.count - 1);
    if (this.#sought !== null) this.#follow();
    else if (followed) this.seek(this.source.events.count - 1);
    this.#draw();
  }

  #move(index) {
    if (index === this.index) return this.#draw();
    this.index = index;
    this.selected = this.#shownOn = null;
    return this.#draw();
  }

  #scrub(offset) {
    this.#sought = null;
    this.#offset = offset;
    this.#move(this.source.events.indexAt(offset));
  }

  // Go on by the time that has passed. A pause is cut while it lasts.
  #tick(now) {
    if (!this.#playing) return;
    const { events } = this.source;
    const passed = ((now - this.#ticked) / 1000) * Number(byId("speed").value);
    this.#ticked = now;
    this.#offset += Math.max(passed, 0);
    if (byId("idle").checked && this.index + 1 < events.count) {
      const [since, next] = [events.offset(this.index), events.offset(this.index + 1)];
      if (next - since > LONGEST_PAUSE && this.#offset - since > LONGEST_PAUSE) this.#offset = Math.max(this.#offset, next);
    }
    this.#move(events.indexAt(this.#offset));
    if (this.index === events.count - 1) this.pause();
    else requestAnimationFrame((time) => this.#tick(time));
  }

  #draw() {
    if (this.#drawn) return;
    this.#drawn = true;
    requestAnimationFrame(() => {
      this.#drawn = false;
      this.#show();
    });
  }

  // Return the latest screenshot up to the moment that a finding was seen on; null without one.
  #screenshotOf(finding) {
    const { screenshots } = this.source.run;
    const hash = finding?.evidence?.screenshot;
    return screenshots.findLast(({ index, sha256 }) => index <= this.index && sha256 === hash) ?? null;
  }

  #show() {
    const { events, run, whole } = this.source;
    const { index } = this;
    const state = this.state;
    const latest = lastUpTo(run.screenshots, index);
    const findings = state.findings ?? [];
    if (this.selected === null && isFinding(events.mark(index))) {
      this.selected = findings.find(({ seq }) => seq === events.seq(index)) ?? null;
      this.#shownOn = this.#screenshotOf(this.selected);
    }
    const visit = run.visits[lastUpTo(run.visits, index)];
    const line = oneLine(events.line(index)) || oneLine(events.step(index) || events.type(index));
    const label = events.source(index) === "recorder" ? "Recorder" : oneLine(run.labels[events.phase(index)] || events.type(index));
    setText(byId("time"), seconds(this.#offset));
    setText(byId("place"), `event ${(index + 1).toLocaleString("en")} of ${whole ? "" : "more than "}${events.count.toLocaleString("en")}`);
    setText(byId("now-phase"), label);
    setText(byId("now-line"), line);
    this.#timeline.moveTo(this.#offset, index, `${label}: ${line}, at ${seconds(events.offset(index))}`);
    this.#filmstrip.show(latest);
    this.#stage.show(this.#shownOn ?? run.screenshots[latest], findings, this.selected);
    this.#panels.update({ index, events, state, visit, selected: this.selected, checks: this.#checks });
  }

  #showPlaying() {
    byId("play-icon").setAttribute("d", this.#playing ? PAUSE : PLAY);
    byId("play").setAttribute("aria-label", this.#playing ? "Pause" : "Play");
  }

  #listen() {
    byId("play").addEventListener("click", () => (this.#playing ? this.pause() : this.play()));
    byId("previous").addEventListener("click", () => this.seek(this.index - 1));
    byId("next").addEventListener("click", () => this.seek(this.index + 1));
    byId("copy").addEventListener("click", () => this.#copyLink());
    window.addEventListener("hashchange", () => this.#follow());
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  #key(event) {
    const target = event.target;
    if (event.ctrlKey || event.altKey || event.metaKey || target.closest("input[type=text], textarea, select")) return;
    const onTrack = target === byId("track");
    const pressed = event.key === " " && target.closest("button, summary, input");
    const action = {
      " ": () => (this.#playing ? this.pause() : this.play()),
      ArrowLeft: () => this.seek(this.index - 1),
      ArrowRight: () => this.seek(this.index + 1),
      "[": () => this.#toPhase(-1),
      "]": () => this.#toPhase(1),
      ...(onTrack && {
        ArrowDown: () => this.seek(this.index - 1),
        ArrowUp: () => this.seek(this.index + 1),
        PageDown: () => this.seek(this.index - PAGE),
        PageUp: () => this.seek(this.index + PAGE),
      }),
      Home: () => this.seek(0),
      End: () => this.seek(this.source.events.count - 1),
      ...(this.selected && { Escape: () => this.#unselect() }),
      "-": () => this.#changeSpeed(-1),
      "+": () => this.#changeSpeed(1),
      "=": () => this.#changeSpeed(1),
    }[event.key];
    if (!action || pressed) return;
    event.preventDefault();
    action();
  }

  // Go to the beginning of the next phase, or of the one before the moment.
  #toPhase(step) {
    const starts = this.#phases.map(({ first }) => first);
    const last = this.source.events.count - 1;
    this.seek(step > 0 ? (starts.find((first) => first > this.index) ?? last) : (starts.findLast((first) => first < this.index) ?? 0));
  }

  #changeSpeed(step) {
    const speed = byId("speed");
    speed.selectedIndex = Math.min(Math.max(speed.selectedIndex + step, 0), speed.options.length - 1);
  }

  // Go to the moment that the page's address names; return whether it names one.
  #follow() {
    if (!location.hash.startsWith(LINK)) return false;
    const position = Number(location.hash.slice(LINK.length));
    if (!Number.isSafeInteger(position)) return false;
    const { events, whole } = this.source;
    this.seek(events.indexOf(position));
    if (!whole && position > events.position(events.count - 1)) this.#sought = position;
    return true;
  }

  async #copyLink() {
    history.replaceState(null, "", `${LINK}${this.source.events.position(this.index)}`);
    const copied = await navigator.clipboard?.writeText(location.href).then(
      () => true,
      () => false,
    );
    setText(byId("copied"), copied ? "copied" : "the address bar has it");
  }
}
