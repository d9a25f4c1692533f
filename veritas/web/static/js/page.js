// A page that follows the log: it is read again as the server writes it now, and becomes equal to that.

import { throttled } from "./api.js";
import { byId, setText } from "./dom.js";

const PERIOD = 1_000; // ms from one reading to the next, at least
const WAIT = 4; // times as long as the reading took, at least: in a large log it takes the server's processor
const RETRY = 3_000; // ms from a refused connection to the next attempt

/**
 * Call `show` with this page as it is now whenever the log has grown. The element `trouble` says what prevents it.
 *
 * Return a function that reads the page again at once.
 */
export function followLog(show) {
  const refresh = throttled(async () => {
    const began = performance.now();
    try {
      show(await readPage());
      report("");
    } catch (error) {
      report(`The page is not current: ${error.message}`);
    }
    await new Promise((resolve) => setTimeout(resolve, WAIT * (performance.now() - began)));
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
  return refresh;
}

/** Make an element equal to another one of the same kind. What is equal stays, with the focus and an opened `details`. */
export function morph(target, wanted) {
  for (const { name } of [...target.attributes]) if (name !== "open" && !wanted.hasAttribute(name)) target.removeAttribute(name);
  for (const { name, value } of wanted.attributes) if (target.getAttribute(name) !== value) target.setAttribute(name, value);
  const kept = [...target.childNodes];
  [...wanted.childNodes].forEach((child, at) => {
    const old = kept[at];
    if (!old) target.append(document.importNode(child, true));
    else if (old.isEqualNode(child)) return;
    else if (old.nodeName !== child.nodeName) old.replaceWith(document.importNode(child, true));
    else if (old instanceof Element) morph(old, child);
    else old.data = child.data;
  });
  for (const old of kept.slice(wanted.childNodes.length)) old.remove();
}

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

function report(text) {
  setText(byId("trouble"), text);
  byId("trouble").hidden = !text;
}
