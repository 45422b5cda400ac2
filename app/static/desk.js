// Keys for the desk: digits choose, arrows move, clocks run. Every page works without this file.
(function () {
  "use strict";

  function all(selector, root) {
    return Array.prototype.slice.call((root || document).querySelectorAll(selector));
  }

  function isTyping(target) {
    return target.matches("input:not([type=radio]):not([type=checkbox]):not([type=hidden]), select, textarea");
  }

  // Rows: [data-keyrow] can have the keyboard; 1-9 presses the nth [data-hot] of it, arrows go to the next row.
  function rowKeys(event, row) {
    const rows = all("[data-keyrow]");
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (step) {
      const next = rows[rows.indexOf(row) + step];
      if (next) { event.preventDefault(); next.focus(); }
      return;
    }
    const opened = event.key === "Enter" && event.target === row ? row.querySelector("[data-open]") : null;
    if (opened) { event.preventDefault(); opened.click(); return; }
    press(event, row);
  }

  function press(event, box) {
    const number = Number(event.key);
    const chosen = number >= 1 && number <= 9 ? all("[data-hot]", box)[number - 1] : null;
    if (chosen) { event.preventDefault(); chosen.click(); }
  }

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) { return; }
    const row = event.target.closest("[data-keyrow]");
    const box = document.querySelector("[data-hotkeys]");
    if (row) { rowKeys(event, row); } else if (box) { press(event, box); }
  });

  // The row that the address names has the keyboard, else the one that asks for it.
  function arrive() {
    const named = window.location.hash.length > 1 ? document.getElementById(window.location.hash.slice(1)) : null;
    const wanted = named && named.matches("[data-keyrow]") ? named : document.querySelector("[data-keyrow][data-first]");
    if (wanted && !document.querySelector("[data-focus]")) { wanted.focus(); }
  }

  // The cursor stands behind what was typed, so that one goes on typing.
  function caret() {
    const field = document.querySelector("input[autofocus]");
    if (!field) { return; }
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }

  // Clocks: [data-left] holds the seconds left at the time of loading; below zero it is late.
  function clock(place, loaded) {
    const left = Number(place.dataset.left) - Math.floor((Date.now() - loaded) / 1000);
    const whole = Math.abs(left);
    const shown = Math.floor(whole / 60) + ":" + String(whole % 60).padStart(2, "0");
    place.textContent = (left < 0 ? place.dataset.late : place.dataset.open).replace("{}", shown);
    place.classList.toggle("is-late", left < 0);
    place.classList.toggle("is-soon", left >= 0 && left <= 60);
  }

  function clocks() {
    const places = all("[data-left]");
    const loaded = Date.now();
    if (!places.length) { return; }
    window.setInterval(function () { places.forEach(function (place) { clock(place, loaded); }); }, 1000);
  }

  caret();
  arrive();
  clocks();
})();
