// Small comforts of the staff's pages, after those of comforts.js. Every page works without this file, too.
(function () {
  "use strict";

  const all = window.Comforts.all;

  // Running totals: [data-total="css selector"] shows the sum of the fields' values (optionally times data-price).
  function totals() {
    all("[data-total]").forEach(function (place) {
      const fields = all(place.dataset.total);
      function show() {
        const weighted = place.dataset.weight;
        const sum = fields.reduce(function (before, field) {
          return before + (Number(field.value) || 0) * (weighted ? Number(field.dataset[weighted]) || 0 : 1);
        }, 0);
        place.textContent = weighted === "fen" ? (sum / 100).toFixed(2) : String(sum);
      }
      fields.forEach(function (field) { field.addEventListener("input", show); });
      show();
    });
  }

  // Counting bags: the button says what will be recorded. [data-missing] holds the ticks and the sentence for some.
  function missing(box) {
    const form = box.closest("form");
    const label = form && form.querySelector("button[type=submit] span");
    if (!label) { return; }
    const none = label.textContent;
    function show() {
      const gone = all("input:checked", box).length;
      const here = Number(box.dataset.missing) - gone;
      label.textContent = gone ? box.dataset.some.replace("{here}", here).replace("{gone}", gone) : none;
    }
    box.addEventListener("change", show);
    show();
  }

  function count(root) { window.Comforts.fresh("[data-missing]", root, missing); }

  function closeMenus(except) {
    all("details.ld-menu[open]").forEach(function (menu) {
      if (!except || !menu.contains(except)) { menu.open = false; }
    });
  }

  document.addEventListener("click", function (event) { closeMenus(event.target); });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") { return; }
    const open = document.querySelector("details.ld-menu[open] > summary");
    closeMenus(null);
    if (open) { open.focus(); }
  });
  // A job that was under way is over: the rest of the page shows what it changed.
  document.addEventListener("htmx:beforeSwap", function (event) {
    const panel = event.detail.target.closest ? event.detail.target.closest(".ld-job[aria-busy=true]") : null;
    if (!panel || event.detail.xhr.status !== 200) { return; }
    const page = new DOMParser().parseFromString(event.detail.serverResponse, "text/html");
    const after = page.getElementById(panel.id);
    if (after && after.getAttribute("aria-busy") === "true") { return; }
    event.detail.shouldSwap = false;
    window.location.reload();
  });
  document.addEventListener("htmx:load", function (event) { count(event.detail.elt); });

  // A form that did not get its turn is sent again by itself, a few seconds later and not in step with the others.
  function again() {
    const form = document.querySelector("form[data-again]");
    if (!form) { return; }
    const name = "again-" + form.elements._key.value;
    const tries = Number(window.sessionStorage.getItem(name)) + 1;
    window.sessionStorage.setItem(name, String(tries));
    if (tries > 20) { form.querySelector("[data-again-over]").hidden = false; return; }
    window.setTimeout(function () { form.submit(); }, 1500 + 2000 * Math.random());
  }

  // A page shown in answer to a form: the address bar says which page it is, so that reloading it sends nothing again.
  function address() {
    const here = document.body.dataset.address;
    if (here && window.history.replaceState) { window.history.replaceState(null, "", here); }
  }

  address();
  again();
  count(document);
  totals();
})();
