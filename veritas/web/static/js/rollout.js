// The page Rollout follows the log. What was written into the form stays; if the rollout was changed meanwhile, the change
// has to be chosen again, and if the gate decides something else, so has its override.

import { byId } from "./dom.js";
import { followLog, morph } from "./page.js";

const decided = (form) => form?.querySelector(".override")?.textContent;

followLog((page) => {
  const form = document.getElementById("change");
  const next = page.getElementById("change");
  const isChanged = form && form.elements.last_position.value !== next?.elements.last_position.value;
  const isJudgedOtherwise = decided(form) !== decided(next);
  if (form && next) for (const name of ["reason", "by"]) next.elements[name].setAttribute("value", form.elements[name].value);
  morph(byId("live"), page.getElementById("live"));
  if (isChanged) for (const choice of form.querySelectorAll("[type=radio]")) choice.checked = false;
  if (form?.elements.override && (isChanged || isJudgedOtherwise)) form.elements.override.checked = false;
});
