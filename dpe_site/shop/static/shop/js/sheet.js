// The sheet that says why: opens when its words arrive, closes on a press outside or when its deed is done.

const sheet = document.getElementById("sheet");

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "sheet-content" && !sheet.open) sheet.showModal();
});

sheet.addEventListener("click", (event) => {
  if (event.target === sheet) sheet.close();
});

for (const name of ["dpe:done", "dpe:hide", "dpe:restore"]) {
  document.body.addEventListener(name, () => sheet.open && sheet.close());
}
