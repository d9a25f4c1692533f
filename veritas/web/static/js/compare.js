// The page Compare: the range above two pictures moves the border between them, and so does a pointer on them.

for (const slider of document.querySelectorAll(".slider")) {
  const range = slider.querySelector("input");
  const slides = slider.querySelector(".slides");
  const over = slides.lastElementChild;

  function move() {
    over.style.clipPath = `inset(0 0 0 ${range.value}%)`;
    slides.style.setProperty("--border", `${range.value}%`);
    range.setAttribute("aria-valuetext", `${range.value}% A, ${100 - range.value}% B`);
  }

  function point(event) {
    if (event.buttons !== 1) return;
    const box = slides.getBoundingClientRect();
    range.value = String(Math.round((100 * (event.clientX - box.left)) / box.width));
    move();
  }

  range.addEventListener("input", move);
  slides.addEventListener("pointerdown", point);
  slides.addEventListener("pointermove", point);
  move();
}
