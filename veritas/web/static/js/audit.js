// The page Audit: the player on a run of the log, which follows the run until it is over.

import { Player } from "../player/player.js";
import { oneLine, visible } from "../player/text.js";
import { throttled } from "./api.js";
import { byId, element, setText } from "./dom.js";
import { LogSource } from "./log_source.js";
import { followAudit } from "./stream.js";

const PERIOD = 300; // ms from one reading of the log to the next, at least
const CONNECTION = { open: "Live.", waiting: "The connection was cut; it is tried again.", over: "The audit is over." };

function chip({ text, tone }) {
  return element("span", { class: `chip ${tone}` }, oneLine(text));
}

function showResult({ status, duration, score, verdict, tone, notes }) {
  byId("run-notes").replaceChildren(...notes.map((note) => element("p", { class: "card notice fair" }, visible(note))));
  byId("run-status").replaceChildren(chip(status), duration ? ` in ${duration}` : "");
  const number = element("span", { class: "score" }, score ?? "–", score && element("small", {}, " of 100"));
  byId("run-result").className = `result ${tone}`;
  byId("run-result").replaceChildren(number, " ", element("span", { class: "chip" }, oneLine(verdict)));
}

function trouble(text) {
  setText(byId("trouble"), text);
  byId("trouble").hidden = !text;
}

async function start() {
  const run = document.body.dataset.run;
  const source = new LogSource(run);
  source.onchange = () => new Player(source); // it shows the first part; further ones it takes itself
  let answer;
  try {
    answer = await source.read();
  } catch (error) {
    const { count } = source.events;
    const read = count ? `Only the first ${count.toLocaleString("en")} events could be read.` : "The audit cannot be read:";
    trouble(`${read} ${error.message}`);
    return;
  }
  showResult(answer.result);
  if (answer.over) return;
  const refresh = throttled(async () => {
    try {
      showResult((await source.read()).result);
      trouble("");
    } catch (error) {
      trouble(`The page is not current: ${error.message}`);
    }
  }, PERIOD);
  followAudit(run, {
    after: answer.messages,
    onMessage: refresh,
    onState(state) {
      setText(byId("connection"), CONNECTION[state]);
      refresh(); // the end of a run, why the connection was cut, or that it is there again
    },
  });
}

start();
