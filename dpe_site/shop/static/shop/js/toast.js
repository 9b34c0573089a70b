// Toasts leave after ten seconds; a card folded away comes back to its place on undo.

const STAY = 10_000;
const folded = new Map();

function toastWatch(toast) {
  let timer = setTimeout(() => toast.remove(), STAY);
  const hold = () => clearTimeout(timer);
  const release = () => {
    timer = setTimeout(() => toast.remove(), STAY);
  };
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("pointerleave", release);
  toast.addEventListener("focusout", release);
  // It leaves the eye at once and the document with the answer: what the answer says is said to its button.
  toast.addEventListener("click", (event) => {
    if (event.target.closest("button")) toast.style.display = "none";
  });
}

document.body.addEventListener("htmx:load", (event) => {
  const within = event.detail.elt;
  const toasts = within.matches?.("[data-toast]") ? [within] : within.querySelectorAll("[data-toast]");
  toasts.forEach((toast) => {
    [...toast.parentElement.children].filter((other) => other !== toast).forEach((other) => other.remove());
    toastWatch(toast);
  });
});

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const card = event.detail.target;
  if (card.matches(".card")) {
    const index = [...card.parentElement.children].indexOf(card);
    folded.set(card.dataset.item, { card, row: card.parentElement, index });
  }
});

document.body.addEventListener("dpe:hide", (event) => {
  const gone = document.querySelectorAll(`.card[data-item="${event.detail.item}"]`);
  for (const card of gone) {
    if (card.contains(event.target)) continue; // htmx is about to put a better one in its place
    card.classList.add("card--leaving");
    setTimeout(() => card.remove(), 200);
  }
});

document.body.addEventListener("dpe:restore", (event) => {
  const place = folded.get(String(event.detail.item));
  if (!place) return;
  folded.delete(String(event.detail.item));
  const there = place.row.children[place.index];
  place.card.classList.remove("card--leaving", "htmx-swapping", "htmx-request");
  if (there && "better" in there.dataset) there.replaceWith(place.card);
  else place.row.insertBefore(place.card, there ?? null);
  htmx.process(place.card);
});
