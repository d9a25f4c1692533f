// The findings up to the moment, the most severe first, each with what was measured.

import { chip, element, facts } from "./dom.js";
import { inWords, oneLine, visible } from "./text.js";

const SEVERITIES = { critical: "bad", high: "bad", medium: "fair", low: "note" };
const RANKS = Object.keys(SEVERITIES);

function rankOf({ severity }) {
  return RANKS.includes(severity) ? RANKS.indexOf(severity) : RANKS.length;
}

// Each finding has one item as long as the page is open. Those of later moments are hidden: to make hundreds of items
// again would take longer than a frame.
export class FindingPanel {
  title = "Findings";
  #none = element("p", { class: "soft", text: "Nothing was found yet." });
  #list = element("div");
  #items = new Map(); // by finding, in the order of the list
  #findings = null;
  #selected = null;
  body = [this.#none, this.#list];

  constructor(player) {
    this.player = player;
  }

  number({ state }) {
    return state.findings?.length ?? 0;
  }

  update({ state, selected }) {
    const findings = state.findings ?? [];
    if (findings === this.#findings && selected === this.#selected) return;
    if (findings !== this.#findings) this.#show(findings);
    [this.#findings, this.#selected] = [findings, selected];
    for (const [finding, item] of this.#items) {
      const open = finding === selected;
      if (open) this.#fill(item, finding);
      if (item.open !== open) item.open = open;
    }
  }

  #show(findings) {
    const further = findings.filter((finding) => !this.#items.has(finding));
    if (further.length) {
      const all = [...this.#items.keys(), ...further].sort((one, other) => rankOf(one) - rankOf(other) || one.seq - other.seq);
      this.#items = new Map(all.map((finding) => [finding, this.#items.get(finding) ?? this.#item(finding)]));
      this.#list.replaceChildren(...this.#items.values());
    }
    const now = new Set(findings);
    for (const [finding, item] of this.#items) if (item.hidden === now.has(finding)) item.hidden = !now.has(finding);
    this.#none.hidden = findings.length > 0;
  }

  #item(finding) {
    const severity = oneLine(finding.severity || "unknown");
    const title = oneLine(finding.title ?? finding.kind ?? finding.detail ?? "a finding without a description");
    const item = element("details", { class: "item" }, element("summary", {}, chip(severity, SEVERITIES[severity] ?? ""), ` ${title}`));
    item.addEventListener("toggle", () => {
      this.#fill(item, finding);
      if (item.open && this.player.selected !== finding) this.player.select(finding);
    });
    return item;
  }

  #fill(item, finding) {
    if (item.childElementCount === 1) item.append(...this.#content(finding));
  }

  #content(finding) {
    const { screenshot, rect, ...measured } = finding.evidence ?? {};
    const confidence = typeof finding.confidence === "number" ? `${Math.round(finding.confidence * 100)}%` : null;
    return [
      finding.detail && element("p", { text: visible(finding.detail) }),
      facts([
        ["kind", finding.kind && oneLine(finding.kind)],
        ["signal", finding.signal && oneLine(finding.signal)],
        ["confidence", confidence],
        ["page", finding.url && oneLine(finding.url)],
        ...Object.entries(measured).map(([name, value]) => [oneLine(name), inWords(value)]),
        ["place", rect && inWords(rect)],
        ["screenshot", screenshot && element("code", { text: `${oneLine(screenshot).slice(0, 16)}…` })],
        ["event", String(finding.seq)],
      ]),
    ].filter(Boolean);
  }
}
