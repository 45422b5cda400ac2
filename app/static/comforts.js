// Small comforts of both frames: steppers, confirmations, copying, one press one form. Every page works without this
// file; nothing here decides anything. Residents' phones get it with theirs, so it is ECMAScript 5 like the rest there.
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
    var input = box.querySelector("input");
    var buttons = all("button", box);
    var low = input.min === "" ? 0 : Number(input.min);
    var high = input.max === "" ? Infinity : Number(input.max);
    function show() {
      var value = Number(input.value) || 0;
      box.classList.toggle("is-set", value > 0);
      buttons.forEach(function (button) {
        button.disabled = Number(button.dataset.step) < 0 ? value <= low : value >= high;
      });
    }
    buttons.forEach(function (button) {
      button.hidden = false;
      button.addEventListener("click", function () {
        var next = (Number(input.value) || 0) + Number(button.dataset.step);
        input.value = String(Math.min(high, Math.max(low, next)));
        input.dispatchEvent(new Event("input", { bubbles: true }));
        input.dispatchEvent(new Event("change", { bubbles: true }));
      });
    });
    input.addEventListener("input", show);
    show();
  }

  // Two-step confirmation: the same content as the open details, as a dialog that keeps the keyboard inside.
  function confirmation(details) {
    var summary = details.querySelector("summary");
    var body = details.querySelector(".ld-confirm-body");
    var dialog = document.createElement("dialog");
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
    var form = event.target;
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
    var source = document.getElementById(button.dataset.copy);
    if (!source) { return; }
    button.hidden = false;
    button.addEventListener("click", function () {
      if (navigator.clipboard && navigator.clipboard.writeText) {
        navigator.clipboard.writeText(source.value || source.textContent).then(copied, bySelection);
      } else { bySelection(); }
    });

    function copied() { (button.querySelector("span") || button).textContent = button.dataset.done; }

    function bySelection() {
      var range = document.createRange();
      range.selectNodeContents(source);
      var selection = window.getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      try { if (document.execCommand("copy")) { copied(); } } catch (error) { source.focus(); }
    }
  }

  function enhance(root) {
    fresh("[data-stepper]", root, stepper);
    fresh("details.ld-confirm", root, confirmation);
    fresh("[data-copy]", root, copy);
    fresh("[data-back]", root, function (button) {
      button.addEventListener("click", function () { window.history.back(); });
    });
    all("[data-needs-script]", root).forEach(function (node) { node.hidden = false; });
  }

  window.Comforts = { all: all, fresh: fresh };
  document.addEventListener("submit", once);
  document.addEventListener("htmx:load", function (event) { enhance(event.detail.elt); });
  document.addEventListener("louda:page", function () { enhance(document); });  // resident.js put another page in place
  window.addEventListener("pageshow", again);

  enhance(document);
  var problem = document.querySelector("[data-focus]");
  if (problem) { problem.focus(); }
})();
