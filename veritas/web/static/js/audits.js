// The page Audits: its rows are read again when the log has grown, and patched where they are.

import { get, post, throttled } from "./api.js";
import { byId, element, setText } from "./dom.js";

const PERIOD = 1_000; // ms from one reading of the list to the next, at least
const rows = byId("rows");
const query = document.querySelector("table.audits").dataset.query;

function cells(run) {
  return [
    null,
    run.started_at?.slice(0, 19),
    run.status,
    run.trust_score,
    run.risk_level,
    run.findings,
    run.url,
  ];
}

function makeRow(run) {
  const labels = ["", "started", "status", "score", "risk", "findings", ""];
  const classes = ["", "", "word", "right", "word", "right", "text"];
  const row = element("tr", { "data-run": run.run_id });
  labels.forEach((label, index) => row.append(element("td", { "data-label": label || null, class: classes[index] || null })));
  row.cells[0].append(element("a", { href: `/audits/${encodeURIComponent(run.run_id)}` }, element("code", {}, run.run_id)));
  return row;
}

function show(history) {
  const known = new Map([...rows.rows].map((row) => [row.dataset.run, row]));
  history.audits.forEach((run, index) => {
    const row = known.get(run.run_id) ?? makeRow(run);
    known.delete(run.run_id);
    cells(run).forEach((text, column) => column && setText(row.cells[column], text));
    if (rows.rows[index] !== row) rows.insertBefore(row, rows.rows[index] ?? null);
  });
  for (const row of known.values()) row.remove();
  setText(byId("summary"), `${history.total} ${history.total === 1 ? "run" : "runs"}`);
}

const refresh = throttled(async () => show(await get("/api/audits/history", new URLSearchParams(query))), PERIOD);
const changes = new EventSource("/api/v1/changes");
changes.addEventListener("message", refresh);

const start = document.getElementById("start");
start?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = start.querySelector("button");
  button.disabled = true;
  setText(byId("start-fault"), "");
  try {
    const fields = new FormData(start);
    const started = await post("/api/audit/start", { url: fields.get("url"), tier: fields.get("tier") });
    location.assign(`/audits/${encodeURIComponent(started.run_id)}`);
  } catch (error) {
    setText(byId("start-fault"), error.message);
    button.disabled = false;
  }
});
