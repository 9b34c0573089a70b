/* Sliders beside their numbers, the rule form that shows only what its action and target need, and drafts that are tried. */
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

  /* A trial is of the draft as it was then: said once the form has moved on; one at a time. */
  const trial = (box) => {
    const button = box.querySelector("button");
    const form = document.querySelector(button.getAttribute("hx-include"));
    const changed = () => {
      if (box.querySelector("#what-if").childElementCount) box.classList.add("is-changed");
    };
    form?.addEventListener("input", changed);
    window.django?.jQuery(form).on("change", "select", changed);
    for (const quick of form?.querySelectorAll("[data-starts]") ?? []) quick.addEventListener("click", changed);
    button.addEventListener("htmx:beforeRequest", () => box.classList.remove("is-changed"));
    box.addEventListener("htmx:afterSettle", () => { button.disabled = box.querySelector("#what-if[hx-get]") !== null; });
  };

  /* Curves of running work: drawn anew when a round was added; tables that were open stay so, and the focus where it was. */
  const draw = (canvas) => {
    const options = JSON.parse(canvas.dataset.options);
    const dark = document.documentElement.classList.contains("dark");
    const line = getComputedStyle(document.documentElement).getPropertyValue(dark ? "--color-base-700" : "--color-base-300");
    options.scales.y.grid.color = line.trim();
    new window.Chart(canvas, { type: canvas.dataset.type, data: JSON.parse(canvas.dataset.value), options });
  };
  const curves = () => {
    let open = [];
    let focus = -1;
    const folds = () => [...document.querySelectorAll("#job-curves details")];
    document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
      if (event.detail.target.id !== "job-curves") return;
      open = folds().map((fold) => fold.open);
      focus = folds().findIndex((fold) => fold.contains(document.activeElement));
      for (const canvas of event.detail.target.querySelectorAll(".chart")) window.Chart.getChart(canvas)?.destroy();
    });
    document.body.addEventListener("htmx:oobAfterSwap", () => {
      document.querySelectorAll("#job-curves .chart").forEach((canvas) => { if (!window.Chart.getChart(canvas)) draw(canvas); });
      folds().forEach((fold, place) => { fold.open = Boolean(open[place]); });
      folds()[focus]?.querySelector("summary").focus({ preventScroll: true });
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    if (document.getElementById("job-curves")) curves();
    document.querySelectorAll(".op-try").forEach(trial);
    document.querySelectorAll(".op-dial").forEach(dial);
    const form = document.getElementById("rule_form");
    if (form?.querySelector(".op-rule")) rule(form);
  });
})();
