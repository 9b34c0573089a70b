// Rows: arrows that scroll a screenful, cards that glide to their new places, no item twice on the page.

const calm = matchMedia("(prefers-reduced-motion: reduce)");
let places = new Map();

function arrowsPrepare(section) {
  const row = section.querySelector(".row");
  const arrows = section.querySelector(".section__arrows");
  if (!row || !arrows) return;
  const [back, further] = arrows.querySelectorAll("button");
  const refresh = () => {
    arrows.hidden = row.scrollWidth <= row.clientWidth + 1;
    const held = document.activeElement;
    back.disabled = row.scrollLeft <= 1;
    further.disabled = row.scrollLeft >= row.scrollWidth - row.clientWidth - 1;
    if (held === further && further.disabled) back.focus(); // a button that can no longer be pressed holds no focus
    if (held === back && back.disabled) further.focus();
  };
  for (const arrow of [back, further]) {
    arrow.onclick = () => {
      const step = Number(arrow.dataset.scroll) * row.clientWidth * 0.9;
      row.scrollBy({ left: step, behavior: calm.matches ? "auto" : "smooth" });
    };
  }
  row.onscroll = refresh;
  new ResizeObserver(refresh).observe(row);
}

function placesRemember() {
  const cards = document.querySelectorAll("#first-row .card");
  places = new Map([...cards].map((card) => [card.dataset.item, card.getBoundingClientRect()]));
}

function cardsGlide() {
  if (calm.matches || !places.size) return;
  for (const card of document.querySelectorAll("#first-row .card")) {
    const before = places.get(card.dataset.item);
    const now = card.getBoundingClientRect();
    const from = before
      ? { transform: `translate(${before.x - now.x}px, ${before.y - now.y}px)` }
      : { transform: "translateX(1.5rem)", opacity: 0 };
    card.animate([from, { transform: "none", opacity: 1 }], { duration: 240, easing: "cubic-bezier(.2,.7,.2,1)" });
  }
  places = new Map();
}

function twiceShownRemove() {
  for (const card of document.querySelectorAll("#first-row .card")) {
    const others = document.querySelectorAll(`.section:not(#first-row) .card[data-item="${card.dataset.item}"]`);
    others.forEach((other) => other.remove());
  }
}

const isFirstRow = (event) => event.detail.target?.id === "first-row";

document.body.addEventListener("htmx:beforeSwap", (event) => isFirstRow(event) && placesRemember());
document.body.addEventListener("htmx:oobBeforeSwap", (event) => isFirstRow(event) && placesRemember());
document.body.addEventListener("htmx:afterSettle", () => {
  twiceShownRemove();
  cardsGlide();
});
document.body.addEventListener("htmx:load", (event) => {
  const within = event.detail.elt;
  const sections = within.matches?.(".section") ? [within] : within.querySelectorAll(".section");
  sections.forEach(arrowsPrepare);
});

// A page out of the browser's memory was made before the latest click: its first row moves now.
addEventListener("pageshow", (event) => {
  if (event.persisted && document.getElementById("first-row")) {
    htmx.ajax("GET", "/first-row/", { target: "#first-row", swap: "outerHTML" });
  }
});
