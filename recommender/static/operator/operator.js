/* Sliders beside their numbers, and the rule form that shows only what its action and target need. */
(() => {
  const dial = (row) => {
    const number = row.querySelector("input[type=number]");
    const range = row.querySelector("input[type=range]");
    if (!range) return;
    const live = row.dataset.live;
    const mark = () => row.classList.toggle("is-changed", live !== "" && Number(number.value) !== Number(live));
    range.value = number.value;
    range.addEventListener("input", () => { number.value = range.value; mark(); });
    number.addEventListener("input", () => { range.value = number.value; mark(); });
    mark();
  };

  const rule = (form) => {
    const chosen = (name) => form.querySelector(`input[name=${name}]:checked`)?.value;
    const preview = document.getElementById("rule-preview");
    const arrange = () => {
      const pin = chosen("action") === "pin";
      for (const radio of form.querySelectorAll("input[name=target]")) {
        radio.disabled = pin && radio.value !== "item";
        if (pin && radio.value === "item") radio.checked = true;
      }
      const needed = [`action:${chosen("action")}`, `target:${chosen("target")}`];
      for (const field of form.querySelectorAll("[data-for]")) {
        field.hidden = !field.dataset.for.split(" ").some((one) => needed.includes(one));
      }
    };
    const changed = () => { arrange(); window.htmx.trigger(preview, "draft"); };
    form.addEventListener("input", changed);
    window.django?.jQuery(form).on("change", "select", changed);
    for (const button of form.querySelectorAll("[data-starts]")) {
      button.addEventListener("click", () => {
        form.elements.starts_at.value = button.dataset.starts;
        form.elements.ends_at.value = button.dataset.ends;
        changed();
      });
    }
    arrange();
    window.htmx.trigger(preview, "draft");
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".op-dial").forEach(dial);
    const form = document.getElementById("rule_form");
    if (form?.querySelector(".op-rule")) rule(form);
  });
})();
