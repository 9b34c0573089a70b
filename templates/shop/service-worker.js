{% load static %}// Keeps the offline page at hand. The page says its language in this script's address, so each has its own copy.
const KEPT = `dpe-offline-${new URL(self.location.href).searchParams.get("lang") || "en"}`;
const FILES = [
  "{% url "shop:offline" %}",
  "{% static "shop/css/tokens.css" %}",
  "{% static "shop/css/base.css" %}",
  "{% static "shop/css/frame.css" %}",
  "{% static "shop/css/card.css" %}",
  "{% static "shop/css/cover.css" %}",
  "{% static "shop/css/rows.css" %}",
  "{% static "shop/css/pages.css" %}",
  "{% static "shop/css/forms.css" %}",
  "{% static "shop/css/taste.css" %}",
  "{% static "shop/img/icons.svg" %}",
];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("dpe-") && name !== KEPT);
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))));
});

self.addEventListener("fetch", (event) => {
  const kept = () => caches.match(event.request, { ignoreSearch: true });
  if (event.request.mode === "navigate") {
    event.respondWith(fetch(event.request).catch(() => caches.match(FILES[0])));
  } else if (FILES.includes(new URL(event.request.url).pathname)) {
    event.respondWith(fetch(event.request).catch(kept));
  }
});
