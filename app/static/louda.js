// Small comforts. Every page works without this file; nothing here decides anything.
(function () {
  "use strict";

  function all(selector, root) {
    return Array.prototype.slice.call((root || document).querySelectorAll(selector));
  }

  // htmx announces the whole page once as well: nothing is prepared twice.
  function fresh(selector, root, prepare) {
    all(selector, root).forEach(function (node) {
      if (node.dataset.ready) { return; }
      node.dataset.ready = "1";
      prepare(node);
    });
  }

  // Stepper: show the buttons, keep the number inside its limits.
  function stepper(box) {
    const input = box.querySelector("input");
    const buttons = all("button", box);
    const low = input.min === "" ? 0 : Number(input.min);
    const high = input.max === "" ? Infinity : Number(input.max);
    function show() {
      const value = Number(input.value) || 0;
      box.classList.toggle("is-set", value > 0);
      buttons.forEach(function (button) {
        button.disabled = Number(button.dataset.step) < 0 ? value <= low : value >= high;
      });
    }
    buttons.forEach(function (button) {
      button.hidden = false;
      button.addEventListener("click", function () {
        const next = (Number(input.value) || 0) + Number(button.dataset.step);
        input.value = String(Math.min(high, Math.max(low, next)));
        input.dispatchEvent(new Event("input", { bubbles: true }));
        input.dispatchEvent(new Event("change", { bubbles: true }));
      });
    });
    input.addEventListener("input", show);
    show();
  }

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

  // Two-step confirmation: the same content as the open details, as a dialog that keeps the keyboard inside.
  function confirmation(details) {
    const summary = details.querySelector("summary");
    const body = details.querySelector(".ld-confirm-body");
    const dialog = document.createElement("dialog");
    if (!summary || !body || typeof dialog.showModal !== "function") { return; }
    dialog.className = "ld-dialog";
    dialog.setAttribute("aria-label", summary.textContent.trim());
    details.parentNode.insertBefore(dialog, details.nextSibling);
    summary.setAttribute("aria-haspopup", "dialog");
    summary.addEventListener("click", function (event) {
      event.preventDefault();
      dialog.appendChild(body);
      dialog.showModal();
      // The way back has the keyboard first, so that Enter pressed twice does nothing harmful.
      all("[data-close]", body).forEach(function (button) {
        button.hidden = false;
        button.focus();
      });
    });
    dialog.addEventListener("click", function (event) {
      if (event.target === dialog || event.target.closest("[data-close]")) { dialog.close(); }
    });
    dialog.addEventListener("close", function () { details.appendChild(body); });
  }

  // A second press while the first is on its way would only be answered as a repeat: say so instead.
  function once(event) {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) { return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    all("button[type=submit], button:not([type])", form).forEach(function (button) {
      button.setAttribute("aria-busy", "true");
    });
    // An answer that is a download leaves this page standing: let the form be used again.
    window.setTimeout(release, 8000, form);
  }

  function release(form) {
    delete form.dataset.sent;
    all("button[aria-busy]", form).forEach(function (button) { button.removeAttribute("aria-busy"); });
  }

  function again() {
    all("form[data-sent]").forEach(release);
  }

  // Copy by the clipboard where the browser has one (https), else by a selection as old WebViews do; where neither is
  // allowed the text is left selected, and a long press offers to copy it.
  function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    if (!source) { return; }
    button.hidden = false;
    button.addEventListener("click", function () {
      if (navigator.clipboard && navigator.clipboard.writeText) {
        navigator.clipboard.writeText(source.value || source.textContent).then(copied, bySelection);
      } else { bySelection(); }
    });

    function copied() { (button.querySelector("span") || button).textContent = button.dataset.done; }

    function bySelection() {
      const range = document.createRange();
      range.selectNodeContents(source);
      const selection = window.getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      try { if (document.execCommand("copy")) { copied(); } } catch (error) { source.focus(); }
    }
  }

  function enhance(root) {
    fresh("[data-stepper]", root, stepper);
    fresh("[data-missing]", root, missing);
    fresh("details.ld-confirm", root, confirmation);
    fresh("[data-copy]", root, copy);
    fresh("[data-back]", root, function (button) {
      button.addEventListener("click", function () { window.history.back(); });
    });
    all("[data-needs-script]", root).forEach(function (node) { node.hidden = false; });
  }

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
  document.addEventListener("submit", once);
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
  document.addEventListener("htmx:load", function (event) { enhance(event.detail.elt); });
  document.addEventListener("louda:page", function () { enhance(document); });  // resident.js put another page in place
  window.addEventListener("pageshow", again);

  // A page shown in answer to a form: the address bar says which page it is, so that reloading it sends nothing again.
  function address() {
    const here = document.body.dataset.address;
    if (here && window.history.replaceState) { window.history.replaceState(null, "", here); }
  }

  address();
  enhance(document);
  totals();
  const problem = document.querySelector("[data-focus]");
  if (problem) { problem.focus(); }
})();
