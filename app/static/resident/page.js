// The page around the form: forms that survive a lost network, the clock that runs to the cut-off, larger type at once.
(function () {
  "use strict";

  var Louda = window.Louda;
  var clocks = null;

  // --- sending --------------------------------------------------------------------------------------------------------
  function sending(form) {
    if (form.getAttribute("data-sending")) { return; }
    form.setAttribute("data-sending", "1");
    var pressed = null;
    form.addEventListener("click", function (event) {
      var node = event.target;
      while (node && node !== form && node.tagName !== "BUTTON") { node = node.parentNode; }
      if (node && node.tagName === "BUTTON") { pressed = node; }
    });
    form.addEventListener("submit", function (event) {
      var button = pressed || form.querySelector("button[type=submit]");
      pressed = null;
      if (!Louda.canSwap || event.defaultPrevented) { return; }
      event.preventDefault();
      if (form.getAttribute("aria-busy") === "true") { return; }  // a second tap while the first is on its way
      if (button && button.value === "search") { return; }  // Enter in a field: the search has already searched
      if (button && button.value === "edit" && Louda.isNext()) { window.history.back(); return; }
      var over = form.id === "order" && Louda.firstOverLimit && Louda.firstOverLimit();
      if (over && button && button.value === "review") { over.node.hidden = false; over.field.focus(); over.add(0); return; }
      send(form, button);
    });
  }

  function send(form, button) {
    var pairs = Louda.fields(form, button);
    form.setAttribute("aria-busy", "true");
    if (button) { button.setAttribute("aria-busy", "true"); }
    function release() {
      form.removeAttribute("aria-busy");
      if (button) { button.removeAttribute("aria-busy"); }
    }
    Louda.request("POST", form.action, Louda.encoded(pairs), function (xhr) {
      var isSame = Louda.path(xhr.responseURL || form.action) === Louda.path(form.action);
      release();
      Louda.swap(xhr.responseText, xhr.responseURL || form.action, !isSame ? "new" : form.id === "order" && xhr.status === 200 ? "next" : "same");
    }, function () {
      release();
      failed(form, button, pairs);
    });
  }

  // A form that did not get its turn is sent again by itself, a few seconds later and not in step with the others.
  var tries = 0;
  Louda.prepare.push(function again(root) {
    var form = root.querySelector("form[data-again]");
    if (!form) { tries = 0; return; }
    tries += 1;
    if (tries > 20) { form.querySelector("[data-again-over]").hidden = false; return; }
    window.setTimeout(function () {
      if (!document.body.contains(form)) { return; }
      if (Louda.canSwap) { send(form, null); } else { form.submit(); }
    }, 1500 + 2000 * Math.random());
  });

  // Nobody was reached. An order that was to be placed is kept at once; before that the resident is asked.
  function failed(form, button, pairs) {
    if (button && button.value === "place") { keep(pairs, form, button); return; }
    notice(form, button, pairs, Louda.texts("outbox-texts").no_network);
  }

  function keep(pairs, form, button) {
    if (Louda.putIntoOutbox(pairs, form.action)) {
      Louda.all(".ld-bar button, [data-offline]").forEach(function (node) { node.disabled = true; });
      document.getElementById("outbox").scrollIntoView();
    } else {
      notice(form, button, pairs, Louda.texts("outbox-texts").cannot_keep);
    }
  }

  function notice(form, button, pairs, sentence) {
    var texts = Louda.texts("outbox-texts");
    var bar = document.querySelector(".ld-bar-in");
    var place = document.getElementById("offline") || bar.parentNode.insertBefore(
      Louda.make("div", { id: "offline", role: "alert", "class": "ld-home-in ld-offline" }), bar);
    place.textContent = "";
    place.appendChild(Louda.make("p", {}, sentence));
    var retry = Louda.make("button", { type: "button", "class": "ld-btn" }, texts.retry);
    retry.addEventListener("click", function () { place.parentNode.removeChild(place); send(form, button); });
    place.appendChild(retry);
    if (form.id === "order" && sentence !== texts.cannot_keep && hasGoods(pairs)) {
      var store = Louda.make("button", { type: "button", "class": "ld-btn" }, texts.keep);
      store.addEventListener("click", function () { place.parentNode.removeChild(place); keep(pairs, form, button); });
      place.appendChild(store);
    }
  }

  function hasGoods(pairs) {
    return pairs.some(function (pair) { return pair[0].indexOf("qty_") === 0 && Number(pair[1]) > 0; });
  }

  // --- the clock: counted from the server's time at the answer, by the time that has passed since, not by the phone's date
  function clock(node) {
    var texts = Louda.texts("texts");
    var now = new Date().getTime();
    var ends = Number(node.getAttribute("data-ends")) || now + Number(node.getAttribute("data-seconds-left")) * 1000;
    var place = node.querySelector("b");
    var warned = (ends - now) / 1000;
    node.setAttribute("data-ends", String(ends));  // a page that is shown again counts on, not anew
    if (!texts.minutes) { return; }

    function tick() {
      if (!document.body.contains(node)) { return; }
      var rest = Math.floor((ends - new Date().getTime()) / 1000);
      if (rest <= 0) { end(); return; }
      place.textContent = rest >= 3600 ? Louda.fill(texts.hours, { h: Math.floor(rest / 3600), m: Math.floor(rest % 3600 / 60) })
        : Louda.fill(texts.minutes, { m: Math.floor(rest / 60), s: rest % 60 });
      [600, 300, 60].forEach(function (mark) {
        if (rest <= mark && warned > mark) { Louda.say(Louda.fill(texts.soon, { m: mark / 60 })); node.classList.add("is-soon"); }
      });
      warned = rest;
    }

    function end() {
      window.clearInterval(clocks);
      place.textContent = texts.ended;
      node.classList.add("is-over");
      node.setAttribute("role", "alert");
      Louda.all(".ld-bar button").forEach(function (button) { button.disabled = true; });
    }

    window.clearInterval(clocks);
    clocks = window.setInterval(tick, 1000);
    tick();
  }

  // --- larger type at once, without losing what was chosen ------------------------------------------------------------
  document.addEventListener("click", function (event) {
    var link = event.target;
    var now = link.getAttribute && link.getAttribute("data-type-now");
    if (!now) { return; }
    event.preventDefault();
    var next = now === "large" ? "normal" : "large";
    var other = link.getAttribute("data-other");
    document.documentElement.setAttribute("data-type", next);
    link.setAttribute("data-type-now", next);
    link.setAttribute("data-other", link.textContent);
    link.textContent = other;
    Louda.request("GET", "/health?type=" + next, null, function () {}, function () {});
  });

  Louda.prepare.push(function () {
    Louda.all("form#order, form#place").forEach(sending);
    Louda.all("[data-seconds-left]").forEach(clock);
  });

  window.addEventListener("pageshow", function (event) {
    if (event.persisted && Louda.refresh) { Louda.refresh(); }
  });

  Louda.start();
})();
