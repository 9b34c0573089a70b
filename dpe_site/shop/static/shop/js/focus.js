// The keyboard stays where it pressed: what takes the place of a pressed button, or of its card, has the focus next.

const CONTROLS = "a[href], button, input:not([type=hidden]), select";
const FOLDED = 400; // a card that leaves is gone by then
let place = null;

const cardOf = (item) => document.querySelector(`main .card[data-item="${item}"]`);
const nameOf = (control) => control.tagName + (control.getAttribute("aria-label") ?? control.textContent.trim());

function placeOf(control) {
  if (control.closest("#sheet")) return place; // of the card that the sheet is about
  if (control.closest("[data-toast]")) return { index: 0, ...place, item: control.value.split("-")[0] };
  const card = control.closest(".card");
  const within = card ?? control.closest("[id]");
  const row = card?.parentElement;
  return {
    item: card?.dataset.item,
    row,
    index: row ? [...row.children].indexOf(card) : 0,
    region: within?.id,
    name: nameOf(control),
  };
}

function heirOf({ item, row, index, region, name }) {
  const card = item && cardOf(item);
  const within = card || (region && document.getElementById(region));
  const controls = within ? [...within.querySelectorAll(CONTROLS)] : [];
  if (controls.length) return controls.find((control) => nameOf(control) === name) ?? controls[0];
  const cards = (row?.isConnected ? row : document.querySelector("#first-row [data-cards]"))?.children ?? [];
  return cards[Math.min(index, cards.length - 1)]?.querySelector("a[href]");
}

function focusKeep() {
  const isLost = !document.activeElement || document.activeElement === document.body;
  if (place && isLost) (heirOf(place) ?? document.getElementById("main")).focus({ preventScroll: true });
}

document.body.addEventListener("htmx:beforeRequest", (event) => {
  const control = event.detail.elt.contains(document.activeElement) ? document.activeElement : event.detail.elt;
  place = control.matches(":focus-visible") ? placeOf(control) : null;
});
document.body.addEventListener("htmx:afterSettle", focusKeep);
document.body.addEventListener("htmx:afterRequest", () => setTimeout(focusKeep, FOLDED));
