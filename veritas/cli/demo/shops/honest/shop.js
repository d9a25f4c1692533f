"use strict";

// The offer ends at the same time for every visitor, and does not start again.
function showOffer() {
  const end = document.querySelector("[data-offer-end]");
  if (!end) return;
  const left = Math.floor((new Date(end.dateTime) - Date.now()) / 1000);
  const ended = left < 0;
  for (const place of document.querySelectorAll("[data-offer]")) place.hidden = ended;
  for (const place of document.querySelectorAll("[data-after-offer]")) place.hidden = !ended;
  if (ended) return;
  const two = (number) => String(number).padStart(2, "0");
  const days = Math.floor(left / 86400);
  const clock = [Math.floor(left / 3600) % 24, Math.floor(left / 60) % 60, left % 60].map(two).join(":");
  end.textContent = `${days} ${days === 1 ? "day" : "days"} ${clock}`;
  setTimeout(showOffer, 1000 - (Date.now() % 1000));
}

// Rows of an order that depend on the choices in the basket.
function showChosen() {
  const chosen = new URLSearchParams(location.search);
  const isChosen = (condition) => chosen.get(condition.split("=")[0]) === condition.split("=")[1];
  for (const row of document.querySelectorAll("[data-if]")) row.hidden = !isChosen(row.dataset.if);
  for (const row of document.querySelectorAll("[data-unless]")) row.hidden = isChosen(row.dataset.unless);
}

function showTotal() {
  for (const order of document.querySelectorAll("[data-sum]")) {
    let total = 0;
    for (const part of order.querySelectorAll("[data-price]")) {
      const counts = part.matches("input") ? part.checked : !part.hidden;
      if (counts) total += Number(part.dataset.price);
    }
    for (const place of document.querySelectorAll("[data-total]")) place.textContent = `£${total.toFixed(2)}`;
  }
}

// Either answer is stored, and the banner is not shown again.
function showConsent() {
  const answer = localStorage.getItem("count-visits");
  document.querySelector(".consent").hidden = answer !== null;
  const state = document.querySelector("[data-consent-state]");
  if (state && answer) state.textContent = answer === "yes" ? "You have accepted." : "You have rejected.";
}

document.addEventListener("click", (event) => {
  const answer = event.target.dataset?.consent;
  if (!answer) return;
  localStorage.setItem("count-visits", answer);
  showConsent();
});
document.addEventListener("change", showTotal);

showOffer();
showChosen();
showTotal();
showConsent();
