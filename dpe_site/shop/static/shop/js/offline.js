// Says when the connection is gone, and keeps a page for that case.

const strip = document.getElementById("offline");
const refresh = () => {
  strip.hidden = navigator.onLine;
};

addEventListener("online", refresh);
addEventListener("offline", refresh);
refresh();

if ("serviceWorker" in navigator) {
  const language = encodeURIComponent(document.documentElement.lang);
  navigator.serviceWorker.register(`${document.body.dataset.worker}?lang=${language}`).catch(() => {});
}
