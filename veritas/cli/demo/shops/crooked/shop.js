const BUYERS = ["Anna from Leeds", "Tom from Bristol", "Priya from Leicester", "Callum from Glasgow", "Megan from Cardiff", "Olu from London"];

const between = (low, high) => low + Math.floor(Math.random() * (high - low + 1));

// The countdown starts again with every visit, and whenever it has run out.
const OFFER_SECONDS = 14 * 60 + 59;
let secondsLeft = OFFER_SECONDS;
function showCountdown() {
  const two = (number) => String(number).padStart(2, "0");
  document.getElementById("countdown").textContent = `${two(Math.floor(secondsLeft / 60))}:${two(secondsLeft % 60)}`;
}
setInterval(() => {
  secondsLeft = secondsLeft > 0 ? secondsLeft - 1 : OFFER_SECONDS;
  showCountdown();
}, 1000);
showCountdown();

// The stock and the number of visitors are made up.
for (const place of document.querySelectorAll("[data-random]")) {
  const [low, high] = place.dataset.random.split("-").map(Number);
  const invent = () => (place.textContent = between(low, high));
  invent();
  if (place.dataset.every) setInterval(invent, place.dataset.every * 1000);
}

// The buyers are made up too.
const ticker = document.querySelector("#ticker span");
if (ticker) {
  let turn = 0;
  setInterval(() => {
    turn = (turn + 1) % BUYERS.length;
    ticker.textContent = `${BUYERS[turn]} bought this ${between(2, 9)} minutes ago`;
  }, 6000);
}

// The checkout charges the extras unless they were unticked in the basket.
const chosen = new URLSearchParams(location.search);
for (const row of document.querySelectorAll("[data-choice]")) row.hidden = chosen.has("from") && !chosen.has(row.dataset.choice);

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
document.addEventListener("change", showTotal);
showTotal();

document.getElementById("accept-cookies").addEventListener("click", () => {
  document.cookie = "tracking=all; path=/; max-age=315360000";
  document.querySelector(".cookies").hidden = true;
});
document.querySelector(".cookies").hidden = document.cookie.includes("tracking=all");
document.getElementById("decline")?.addEventListener("click", () => (document.getElementById("offer").hidden = true));
