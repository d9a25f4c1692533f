// The page Audits: its list is read again when the log has grown, as the server writes it, and patched row by row.

import { post } from "./api.js";
import { byId, setText } from "./dom.js";
import { followLog } from "./page.js";

// Make a list of elements equal to another one; what is equal already stays, with the focus in it.
function patch(target, wanted) {
  const kept = [...target.children];
  const next = [...wanted.children].map((child) => {
    const at = kept.findIndex((each) => each.isEqualNode(child));
    return at < 0 ? document.importNode(child, true) : kept.splice(at, 1)[0];
  });
  const focused = placeOf(document.activeElement?.closest("#list tbody a"));
  for (const each of kept) each.remove();
  next.forEach((child, at) => target.children[at] === child || target.insertBefore(child, target.children[at] ?? null));
  if (!focused || target.contains(document.activeElement)) return;
  const row = target.querySelector(`a[href="${CSS.escape(focused.row)}"]`)?.closest("tr");
  row?.querySelectorAll("a")[focused.link]?.focus();
}

// Return where a link is: its row, by the address of the row's first link, and its number there.
function placeOf(link) {
  if (!link) return null;
  const links = [...link.closest("tr").querySelectorAll("a")];
  return { row: links[0].getAttribute("href"), link: links.indexOf(link) };
}

function show(page) {
  patch(byId("list").querySelector("tbody"), page.querySelector("#list tbody"));
  patch(byId("list").querySelector("nav"), page.querySelector("#list nav"));
  byId("none").hidden = page.getElementById("none").hidden;
  setText(byId("summary"), page.getElementById("summary").textContent);
}

followLog(show);

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
