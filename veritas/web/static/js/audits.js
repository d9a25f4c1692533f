// The page Audits: its list is read again when the log has grown, as the server writes it, and patched row by row.

import { post, throttled } from "./api.js";
import { byId, setText } from "./dom.js";

const PERIOD = 1_000; // ms from one reading of the list to the next, at least
const RETRY = 3_000; // ms from a refused connection to the next attempt

// Return this page as it is now. The browser parses it without running anything, and all text in it is escaped.
function readPage() {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", location.href);
    request.setRequestHeader("Accept", "text/html");
    request.responseType = "document";
    request.onload = () => {
      const sentence = request.response?.querySelector("main p")?.textContent;
      if (request.status === 200 && !request.responseURL.includes("/login")) resolve(request.response);
      else reject(new Error(sentence ?? `The server answered ${request.status}.`));
    };
    request.onerror = () => reject(new Error("The server does not answer; look whether it still runs."));
    request.send();
  });
}

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

function trouble(text) {
  setText(byId("trouble"), text);
  byId("trouble").hidden = !text;
}

const refresh = throttled(async () => {
  try {
    show(await readPage());
    trouble("");
  } catch (error) {
    trouble(`The list is not current: ${error.message}`);
  }
}, PERIOD);

// A browser connects again by itself if the connection was cut, but not if the server refuses it.
function follow() {
  const changes = new EventSource("/api/v1/changes");
  changes.addEventListener("message", refresh);
  changes.addEventListener("error", () => {
    refresh();
    if (changes.readyState === EventSource.CLOSED) setTimeout(follow, RETRY);
  });
}

follow();

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
