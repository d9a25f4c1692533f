// The page Verify is read again while a verification runs, and when the log has grown.

import { post } from "./api.js";
import { byId, setText } from "./dom.js";
import { followLog, morph } from "./page.js";

const form = byId("verify");
const refresh = followLog((page) => {
  for (const part of document.querySelectorAll("[data-part]")) morph(part, page.getElementById(part.id));
  byId("state-card").className = page.getElementById("state-card").className;
  const running = byId("progress").hasAttribute("data-running");
  form.querySelector("[type=submit]").disabled = running;
  if (running) refresh();
});

// Send a request for a button, which is disabled until it is answered, and return the answer; a fault is shown in the
// form, and then there is none.
async function ask(button, path, body) {
  button.disabled = true;
  setText(byId("fault"), "");
  setText(byId("signed"), "");
  try {
    return await post(path, body);
  } catch (error) {
    setText(byId("fault"), error.message);
    return null;
  } finally {
    button.disabled = false;
    refresh();
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = new FormData(form);
  const run = fields.get("run").trim() || null;
  const checkpoint = fields.get("checkpoint").trim();
  ask(event.submitter ?? form.querySelector("[type=submit]"), "/api/v1/verifications", { run, checkpoints: checkpoint ? [checkpoint] : [] });
});

const sign = document.getElementById("sign");
sign?.addEventListener("click", async () => {
  const coverage = await ask(sign, "/api/v1/checkpoints", {});
  if (coverage) setText(byId("signed"), `The last checkpoint covers the log up to position ${coverage.covered.toLocaleString("en")}.`);
});

byId("export").addEventListener("submit", () => {
  setText(byId("exporting"), "The bundle is made and verified; the download begins when that is done.");
});
