// The requests of the page that was visited last, as a waterfall.

import { chip, element, row, table } from "./dom.js";
import { count, oneLine, size } from "./text.js";

const MOST_REQUESTS = 300;
const PARTS = ["blocked", "DNS", "connect", "wait", "receive"];

export class NetworkPanel {
  title = "Network";
  #body = element("div");
  #shown;
  body = [this.#body];

  number({ visit }) {
    return visit?.requests.length ?? 0;
  }

  update({ visit }) {
    if (visit === this.#shown) return;
    this.#shown = visit;
    if (!visit) {
      this.#body.replaceChildren(element("p", { class: "soft", text: "No page has loaded yet." }));
      return;
    }
    const shown = visit.requests.slice(0, MOST_REQUESTS);
    const ends = shown.map(({ start, parts }) => start + parts.reduce((sum, part) => sum + part, 0) / 1000);
    const [from, to] = [Math.min(...shown.map(({ start }) => start)), Math.max(...ends)];
    const rows = shown.map((request) => this.#row(request, from, Math.max(to - from, 0.001)));
    const notes = [visit.requests.length - shown.length, visit.untimed];
    this.#body.replaceChildren(
      element("p", { class: "subject", text: oneLine(visit.url) }),
      shown.length ? table(["request", "status", "size", "time", "waterfall"], rows) : element("p", { class: "soft", text: "No request was recorded with its time." }),
      element("p", {
        class: "soft",
        text: [
          notes[0] > 0 && `${count(notes[0], "further request")} not listed here.`,
          notes[1] > 0 && `${count(notes[1], "request")} recorded without a time.`,
          shown.length && `Each bar shows, from left to right: ${PARTS.join(", ")}.`,
        ].filter(Boolean).join(" "),
      }),
    );
    this.#body.querySelector("table")?.classList.add("network");
  }

  #row({ start, parts, method, url, status, size: bytes, media_type: type, failure }, from, length) {
    const total = parts.reduce((sum, part) => sum + part, 0);
    const bar = element("span", { class: "waterfall", "aria-hidden": "true" });
    let at = (start - from) / length;
    parts.forEach((part, number) => {
      if (!part) return;
      const piece = element("i", { class: `part-${number}` });
      piece.style.left = `${100 * at}%`;
      piece.style.width = `${Math.max((100 * part) / 1000 / length, 0.3)}%`;
      at += part / 1000 / length;
      bar.append(piece);
    });
    const name = element("span", { class: "request", title: oneLine(`${method} ${url}`), text: oneLine(`${method} ${url}`) });
    const state = failure ? chip("failed", "bad") : status >= 400 ? chip(String(status), "bad") : String(status || "");
    if (failure) state.title = oneLine(failure);
    return row(element("span", {}, name, element("span", { class: "soft type", text: oneLine(type) })), state, size(bytes), `${Math.round(total)} ms`, bar);
  }
}
