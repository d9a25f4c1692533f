// The details of a moment, on tabs: the event, the findings, the network, the security checks, the state, the evidence.

import { chip, element, facts, row, setText, table } from "./dom.js";
import { FindingPanel } from "./findings.js";
import { NetworkPanel } from "./network.js";
import { count, duration, inWords, oneLine, visible } from "./text.js";

const ROWS = 15; // events that are listed around the one of the moment
const SETTLED = 80; // ms that the moment must stay before its event is read: scrubbing passes hundreds of them
const LONGEST = 200_000; // characters of a record that are shown
const OUTCOMES = { passed: "good", failed: "bad", unknown: "", "n/a": "" };
const STATUSES = { completed: "good", failed: "bad", running: "note", unfinished: "fair", interrupted: "fair", abandoned: "fair" };

// Return microseconds since the epoch as a time; a sign for one that the calendar does not have.
function utc(micro) {
  const date = new Date(micro === null ? NaN : micro / 1000);
  return Number.isNaN(date.getTime()) ? "–" : date.toISOString();
}

// The events around the moment, one a line, and the one of the moment exactly as it was recorded.
class EventPanel {
  title = "Event";
  #list = element("ol", { class: "lines" });
  #envelope = element("div", { class: "envelope" });
  #raw = element("pre", { class: "raw", role: "region", tabindex: "0", "aria-label": "The event as it was recorded" });
  #lines = [];
  #index = -1; // of the event that is described
  #timer = 0;

  constructor(player) {
    this.player = player;
    for (let at = 0; at < ROWS; at++) {
      const [when, text] = [element("span", { class: "when" }), element("span")];
      const line = element("button", { type: "button", tabindex: "-1", onclick: () => player.seek(Number(line.value)) }, when, text);
      this.#lines.push([line, when, text]);
      this.#list.append(element("li", {}, line));
    }
    this.#describe();
    this.body = [this.#list, this.#envelope, this.#raw];
  }

  update({ index, events }) {
    const first = Math.max(Math.min(index - (ROWS >> 1), events.count - ROWS), 0);
    this.#lines.forEach(([line, when, text], at) => {
      const listed = first + at;
      line.parentElement.hidden = listed >= events.count;
      if (listed >= events.count) return;
      line.value = listed;
      line.className = events.repeated.has(listed) ? "repeated" : events.mark(listed);
      if (listed === index) line.setAttribute("aria-current", "true");
      else line.removeAttribute("aria-current");
      setText(when, `${events.offset(listed).toFixed(3)}`);
      setText(text, oneLine(events.line(listed)) || oneLine(events.step(listed) || events.type(listed)));
    });
    if (index === this.#index) return;
    this.#index = index;
    for (const part of [this.#envelope, this.#raw]) part.setAttribute("aria-busy", "true");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#read(index, events), SETTLED);
  }

  async #read(index, events) {
    // A file from which events were taken has no record of the last ones.
    const record = await this.player.source.record(index).then(JSON.parse).catch(() => null);
    if (this.#index !== index) return;
    for (const part of [this.#envelope, this.#raw]) part.removeAttribute("aria-busy");
    if (record === null) {
      this.#describe();
      setText(this.#raw, "This event cannot be read.");
      return;
    }
    const { body, body_base64: encoded, ...envelope } = record;
    this.#describe(envelope, events.repeated.has(index));
    const raw = body ?? (encoded ? `(bytes that are not UTF-8, in base64) ${encoded}` : "(its content was removed from the log)");
    const more = raw.length - LONGEST;
    setText(this.#raw, visible(raw.slice(0, LONGEST)) + (more > 0 ? `\n… and ${count(more, "character")}` : ""));
  }

  // Describe an event; without one there are the names alone, so that nothing moves when it comes.
  #describe(envelope, again) {
    const shown = (text) => (envelope ? text(envelope) : "–");
    const kind = ({ type, phase, step }) => [type, [phase, step].filter(Boolean).join("/")].filter(Boolean).join(", ");
    this.#envelope.replaceChildren(
      facts([
        ["event", shown(({ source, seq, position }) => `${source === "recorder" ? "r" : ""}${seq}, at position ${position}`)],
        ["type", shown((event) => oneLine(kind(event)) || "–")],
        ["arrived", shown(({ source }) => `over ${oneLine(source)}${again ? ", again" : ""}`)],
        ["emitted", shown(({ emitted_at: at }) => utc(at))],
        ["recorded", shown(({ recorded_at: at }) => utc(at))],
        ["hash", element("code", { text: shown(({ hash }) => hash) })],
      ]),
    );
  }
}

class SecurityPanel {
  title = "Security";
  #body = element("div");
  #shown;
  body = [this.#body];

  update({ state }) {
    const summary = state.phases?.find(({ phase }) => phase === "security")?.summary;
    if (summary === this.#shown && this.#body.childElementCount) return;
    this.#shown = summary;
    const list = (value) => (Array.isArray(value) ? value : []);
    const checks = [...list(summary?.checks), ...list(summary?.unknown)];
    if (!checks.length) {
      this.#body.replaceChildren(element("p", { class: "soft", text: "The security phase has not checked anything yet." }));
      return;
    }
    const outcome = ({ passed, applies }) => (passed === true ? "passed" : passed === false ? "failed" : applies === false ? "n/a" : "unknown");
    const order = ["failed", "unknown", "n/a", "passed"];
    checks.sort((left, right) => order.indexOf(outcome(left)) - order.indexOf(outcome(right)));
    const rows = checks.map((check) =>
      row(oneLine(check.test), chip(outcome(check), OUTCOMES[outcome(check)]), visible(check.detail ?? check.reason)),
    );
    this.#body.replaceChildren(
      facts([["score", summary.score === undefined ? null : `${inWords(summary.score)} of 100`], ["grade", summary.grade && inWords(summary.grade)]]),
      table(["check", "outcome", "result"], rows),
    );
  }
}

class StatePanel {
  title = "State";
  #summary = element("div");
  #phases = element("div");
  #json = element("pre", { class: "raw", role: "region", tabindex: "0", "aria-label": "The state as JSON", id: "state-json" });
  #whole = element("details", {}, element("summary", { text: "All of it, as `veritas show --at` prints it" }), this.#json);
  #latest = null;
  body = [this.#summary, this.#phases, this.#whole];

  constructor() {
    this.#whole.addEventListener("toggle", () => this.#write());
  }

  update({ state }) {
    this.#latest = state;
    const amounts = (values) => Object.entries(values ?? {}).map(([name, amount]) => `${amount.toLocaleString("en")} ${oneLine(name)}`).join(", ");
    this.#summary.replaceChildren(
      facts([
        ["status", chip(oneLine(state.status), STATUSES[state.status] ?? "")],
        ["error", state.error && visible(state.error)],
        ["progress", `${Math.round(state.pct)}%`],
        ["now", oneLine([state.label, state.step, state.detail].filter(Boolean).join(": "))],
        ["trust score", state.trust_score === null ? null : `${state.trust_score} of 100`],
        ["risk", state.risk_level && oneLine(state.risk_level.replaceAll("_", " "))],
        ["findings", amounts(state.severities) || "none"],
        ["pages", String(state.pages.length)],
        ["screenshots", String(state.screenshots.length)],
        ["mode", state.mode && oneLine(`${state.mode}${state.mode_origin ? ` (${state.mode_origin})` : ""}`)],
        ["events", amounts(state.events)],
      ]),
    );
    const rows = state.phases.map(({ label, status, duration: took, events, error, detail }) =>
      row(oneLine(label), chip(oneLine(status), STATUSES[status] ?? ""), took === null ? "" : duration(took), String(events), oneLine(error || detail)),
    );
    this.#phases.replaceChildren(rows.length ? table(["phase", "status", "took", "events", "detail"], rows) : "");
    this.#write();
  }

  #write() {
    if (this.#whole.open && this.#latest) setText(this.#json, visible(JSON.stringify(this.#latest, null, 2)));
  }
}

class EvidencePanel {
  title = "Evidence";
  #body = element("div", {}, element("p", { class: "soft", text: "The evidence is being checked…" }));
  body = [this.#body];

  update({ checks }) {
    if (!checks || this.shown === checks) return;
    this.shown = checks;
    const rows = checks.map(([name, outcome, detail]) => row(name, chip(outcome === "unknown" ? "not checked" : outcome, OUTCOMES[outcome]), visible(detail)));
    this.#body.replaceChildren(element("p", { text: "This browser has checked the evidence in this file:" }), table(["what", "outcome", "result"], rows));
  }
}

// The tabs, of which one is shown and kept up to date.
export class Panels {
  #panels;
  #tabs = [];
  #bodies = [];
  #shown = 0;
  #moment = null;

  constructor(player, withEvidence) {
    const kinds = [EventPanel, FindingPanel, NetworkPanel, SecurityPanel, StatePanel, ...(withEvidence ? [EvidencePanel] : [])];
    this.#panels = kinds.map((kind) => new kind(player));
    this.#panels.forEach((panel, at) => {
      const id = panel.title.toLowerCase();
      const tab = element("button", { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": `panel-${id}`, onclick: () => this.show(at) }, panel.title, panel.number && element("span", { class: "number" }));
      const body = element("div", { role: "tabpanel", id: `panel-${id}`, "aria-labelledby": `tab-${id}`, tabindex: "0" }, ...panel.body);
      this.#tabs.push(tab);
      this.#bodies.push(body);
    });
    const list = document.getElementById("tabs");
    list.replaceChildren(...this.#tabs);
    list.addEventListener("keydown", (event) => this.#key(event));
    document.getElementById("panels").replaceChildren(...this.#bodies);
    this.show(0);
  }

  // Show the tab with this number, or with this title.
  show(which) {
    this.#shown = typeof which === "number" ? which : this.#panels.findIndex(({ title }) => title === which);
    this.#tabs.forEach((tab, at) => {
      tab.setAttribute("aria-selected", at === this.#shown);
      tab.tabIndex = at === this.#shown ? 0 : -1;
      this.#bodies[at].hidden = at !== this.#shown;
    });
    if (this.#moment) this.#panels[this.#shown].update(this.#moment);
  }

  update(moment) {
    this.#moment = moment;
    this.#panels.forEach((panel, at) => {
      if (!panel.number) return;
      const number = panel.number(moment);
      setText(this.#tabs[at].lastChild, number ? number.toLocaleString("en") : "");
    });
    this.#panels[this.#shown].update(moment);
  }

  #key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    this.show((this.#shown + step + this.#panels.length) % this.#panels.length);
    this.#tabs[this.#shown].focus();
  }
}
