// A page with one recording: play it, and check its evidence.

import { verify } from "./evidence.js";
import { Player } from "./player.js";
import { RecordedSource } from "./recorded_source.js";
import { visible } from "./text.js";

function trouble(text) {
  const notice = document.getElementById("trouble");
  notice.textContent = text;
  notice.hidden = false;
}

async function start() {
  if (!globalThis.DecompressionStream) {
    trouble("This browser cannot unpack the recording: it has no DecompressionStream, which browsers have since 2023.");
    return;
  }
  let source;
  try {
    source = await RecordedSource.open();
  } catch {
    trouble("This file was altered or damaged, and cannot be played.");
    return;
  }
  const player = new Player(source, { evidence: true });
  await player.drawn();
  const checks = await verify(source);
  player.checks = checks;
  const failed = checks.filter(([, outcome]) => outcome === "failed");
  if (failed.length) trouble(`Not as it was recorded. ${failed.map(([name, , detail]) => `${name}: ${visible(detail)}`).join(". ")}.`);
}

start();
