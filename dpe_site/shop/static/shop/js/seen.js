// Tells which cards were really visible, and how long a product was looked at. Needs no answer and keeps nothing.

const SEEN_AFTER = 1000;
const LONGEST_DWELL = 600;
const address = document.body.dataset.events;
const waiting = new Map();
const timers = new WeakMap();

function send(events) {
  if (!address || !events.length) return;
  const dated = events.map((event) => ({ client_id: crypto.randomUUID(), ...event }));
  const token = document.querySelector("#act [name=csrfmiddlewaretoken]")?.value ?? "";
  fetch(address, {
    method: "POST",
    keepalive: true,
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify({ events: dated }),
  }).catch(() => {});
}

function flush() {
  const events = [...waiting].map(([impression, positions]) => ({
    kind: "seen",
    impression,
    positions: [...positions].slice(0, 200),
  }));
  waiting.clear();
  send(events);
}

function note(card) {
  const impression = card.closest("[data-impression]")?.dataset.impression;
  const position = Number(card.dataset.position);
  if (!impression || Number.isNaN(position)) return;
  if (!waiting.size) setTimeout(flush, 2000);
  waiting.set(impression, (waiting.get(impression) ?? new Set()).add(position));
}

const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      clearTimeout(timers.get(target));
      if (!isIntersecting) continue;
      const seen = () => {
        observer.unobserve(target);
        note(target);
      };
      timers.set(target, setTimeout(seen, SEEN_AFTER));
    }
  },
  { threshold: 0.6 },
);

if (address) {
  document.body.addEventListener("htmx:load", (event) => {
    const within = event.detail.elt;
    if (within.matches?.(".card")) observer.observe(within);
    within.querySelectorAll(".card").forEach((card) => observer.observe(card));
  });
  addEventListener("pagehide", flush);
  dwellWatch(document.querySelector("[data-dwell]"));
}

function dwellWatch(product) {
  if (!product) return;
  let visible = 0;
  let since = performance.now();
  const tell = () => {
    if (document.visibilityState === "visible") {
      since = performance.now();
      return;
    }
    visible += (performance.now() - since) / 1000;
    if (visible >= 3) {
      const value = Math.min(LONGEST_DWELL, Math.round(visible));
      send([{ kind: "dwell", item: product.dataset.external, value, surface: "product" }]);
      visible = 0;
    }
  };
  document.addEventListener("visibilitychange", tell);
}
