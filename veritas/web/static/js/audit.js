// The page Audit: the messages of the stream are listed as they come, and the state is read again after them.

import { get, throttled } from "./api.js";
import { byId, element, setText } from "./dom.js";
import { followAudit } from "./stream.js";

const PERIOD = 300; // ms from one reading of the state to the next, at least
const MOST_LISTED = 500; // messages
const audit = byId("audit");
const run = audit.dataset.run;
const messages = byId("messages");

function showPhases(phases) {
  const body = byId("phases");
  const known = new Map([...body.rows].map((row) => [row.dataset.phase, row]));
  for (const phase of phases) {
    let row = known.get(phase.phase);
    if (!row) {
      row = element("tr", { "data-phase": phase.phase },
        element("td"),
        element("td", { class: "word", "data-label": "status" }),
        element("td", { class: "right", "data-label": "took" }),
        element("td", { class: "text" }));
      body.append(row);
    }
    [phase.label, phase.status, phase.duration?.toFixed(2), phase.error || phase.detail]
      .forEach((text, index) => setText(row.cells[index], text));
  }
}

function showFindings(findings) {
  const list = byId("findings");
  const known = new Set([...list.children].map((item) => item.dataset.seq));
  for (const finding of findings) {
    if (known.has(String(finding.seq))) continue;
    list.append(element("li", { "data-seq": finding.seq },
      element("span", { class: "chip" }, finding.severity), " ", finding.title || finding.kind,
      element("p", {}, finding.detail)));
  }
  setText(byId("finding-count"), findings.length);
}

function showState(state) {
  setText(byId("status"), state.status);
  setText(byId("detail"), state.detail);
  setText(byId("score"), state.trust_score ?? "–");
  setText(byId("risk"), state.risk_level ?? "no verdict");
  setText(byId("error"), state.error ?? "none");
  showPhases(state.phases);
  showFindings(state.findings);
}

const refresh = throttled(async () => showState(await get(`/api/v1/runs/${encodeURIComponent(run)}/state`)), PERIOD);

followAudit(run, {
  onMessage(message) {
    const followed = messages.scrollTop + messages.clientHeight >= messages.scrollHeight - 4;
    messages.append(element("li", { "data-number": message.number },
      element("code", {}, message.type), ` ${message.label}: ${message.detail ?? ""}`));
    if (messages.children.length > MOST_LISTED) messages.firstElementChild.remove();
    if (followed) messages.scrollTop = messages.scrollHeight;
    if (audit.dataset.live) refresh();
  },
  onState(state) {
    const texts = { open: "Connected.", waiting: "The connection was cut; it is tried again.", over: "The audit is over." };
    setText(byId("connection"), texts[state]);
    if (state === "over" && audit.dataset.live) refresh();
  },
});
