// Small comforts of forms: they send themselves, and buttons say which cards are on the screen already.

for (const button of document.querySelectorAll("[data-hide-with-script]")) {
  button.hidden = true;
  button.form.addEventListener("change", () => button.form.requestSubmit());
}

document.body.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "post") return;
  const cards = document.querySelectorAll("main .card");
  event.detail.parameters.shown = [...new Set([...cards].map((card) => card.dataset.item))].join(",");
});

document.body.addEventListener("htmx:sendError", () => {
  document.getElementById("offline").hidden = false;
});
