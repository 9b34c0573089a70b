// Small comforts of forms: they send themselves, and buttons say which cards are on the screen already.

for (const button of document.querySelectorAll("[data-hide-with-script]")) {
  button.hidden = true;
  button.form.addEventListener("change", () => button.form.requestSubmit());
}

document.body.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "post") return;
  const cards = document.querySelectorAll("main .card");
  const idsOf = (some) => [...new Set([...some].map((card) => card.dataset.item))].join(",");
  event.detail.parameters.shown = idsOf(cards);
  const section = event.detail.target?.closest?.("section[data-section]");
  if (!section) return;
  event.detail.parameters.section = section.dataset.section; // a press in the sheet is about a card of the page
  event.detail.parameters.row = idsOf(section.querySelectorAll(".card"));
});

document.body.addEventListener("htmx:sendError", () => {
  document.getElementById("offline").hidden = false;
});
