// The page Rollout follows the log. What was written into the form stays; if the rollout was changed meanwhile, the change
// has to be chosen again.

import { byId } from "./dom.js";
import { followLog, morph } from "./page.js";

followLog((page) => {
  const form = document.getElementById("change");
  const next = page.getElementById("change");
  const isChanged = form && form.elements.last_position.value !== next?.elements.last_position.value;
  if (form && next) for (const name of ["reason", "by"]) next.elements[name].setAttribute("value", form.elements[name].value);
  morph(byId("live"), page.getElementById("live"));
  if (isChanged) for (const choice of form.querySelectorAll("[type=radio], [type=checkbox]")) choice.checked = false;
});
