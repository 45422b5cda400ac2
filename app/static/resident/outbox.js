// An order that could not be sent stays on this phone and is sent once: its submission key is the one of the page it
// was made on, so however often it is sent, the server takes it once. It is cleared as soon as the server has it, is
// never sent for another household than the one it was made for, and is forgotten after two days.
(function () {
  "use strict";

  var Louda = window.Louda;
  var OLDEST = 48 * 3600 * 1000;
  var AGAIN = 20000;
  var isBusy = false;

  function entries() {
    var now = new Date().getTime();
    return Louda.read("outbox", []).filter(function (one) { return now - one.at < OLDEST; });
  }

  function keep(list) { return Louda.write("outbox", list.length ? list : null); }

  function change(entry, state, why) {
    keep(entries().map(function (one) {
      if (one.key === entry.key) { one.state = state; one.why = why || ""; }
      return one;
    }));
    show();
  }

  function remove(entry) {
    keep(entries().filter(function (one) { return one.key !== entry.key; }));
    show();
  }

  // pairs: the fields of the order form. Returns whether the phone could keep them.
  Louda.putIntoOutbox = function (pairs, url) {
    var units = 0;
    var key = "";
    var fields = pairs.filter(function (pair) {
      if (pair[0].indexOf("qty_") === 0) { units += Number(pair[1]) || 0; }
      if (pair[0] === "_key") { key = pair[1]; }
      return ["csrf_token", "_key", "step", "search", "add"].indexOf(pair[0]) < 0;
    });
    var entry = { home: document.body.getAttribute("data-home"), url: Louda.path(url), key: key, fields: fields,
      units: units, at: new Date().getTime(), state: "", why: "" };
    var others = entries().filter(function (one) { return one.url !== entry.url || one.home !== entry.home; });
    var isKept = keep(others.concat([entry]));
    if (isKept) { show(); Louda.say(Louda.texts("outbox-texts").offline); }
    return isKept;
  };

  function clockOf(at) {
    var when = new Date(at);
    return ("0" + when.getHours()).slice(-2) + ":" + ("0" + when.getMinutes()).slice(-2);
  }

  function sentence(entry, texts) {
    var isOurs = entry.home === document.body.getAttribute("data-home");
    if (!document.body.getAttribute("data-home")) { return texts.left; }
    if (!isOurs) { return texts.other; }
    if (entry.state === "sending") { return texts.sending; }
    if (entry.state === "refused" || entry.state === "over") { return Louda.fill(texts.refused, { why: entry.why }); }
    if (texts[entry.state]) { return texts[entry.state]; }
    return Louda.fill(texts.waiting, { qty: entry.units, at: clockOf(entry.at) });
  }

  function button(label, press, isSolid) {
    var made = Louda.make("button", { type: "button", "class": "ld-btn" + (isSolid ? " ld-btn-solid" : "") }, label);
    made.addEventListener("click", press);
    return made;
  }

  function box() {
    var place = document.getElementById("outbox");
    var main = document.getElementById("main");
    if (!place && main) {
      place = Louda.make("div", { id: "outbox", role: "status", "class": "ld-outbox" });
      main.insertBefore(place, main.firstChild);
    }
    return place;
  }

  function show() {
    var texts = Louda.texts("outbox-texts");
    var list = entries();
    if (!texts.waiting || (!list.length && !document.getElementById("outbox"))) { return; }
    var place = box();
    if (!place) { return; }
    Louda.all("[data-entry]", place).forEach(function (node) { place.removeChild(node); });
    list.forEach(function (entry) {
      var row = Louda.make("div", { "class": "ld-alert is-warn", "data-entry": entry.key });
      var words = Louda.make("div", {});
      var actions = Louda.make("div", { "class": "ld-row" });
      words.appendChild(Louda.make("p", {}, sentence(entry, texts)));
      if (entry.state !== "sending") {
        if (entry.home === document.body.getAttribute("data-home") && (!entry.state || entry.state === "left")) { actions.appendChild(button(texts.now, function () { send(entry); }, true)); }
        if (entry.state === "ask" || entry.state === "refused") { actions.appendChild(button(texts.open, function () { open(entry); }, true)); }
        actions.appendChild(button(entry.state === "over" ? texts.ok : texts.drop, function () { remove(entry); }));
        words.appendChild(actions);
      }
      row.appendChild(words);
      place.appendChild(row);
    });
  }

  function sent(entry, url) {
    var texts = Louda.texts("outbox-texts");
    var place = box();
    remove(entry);
    if (!place) { return; }
    var row = Louda.make("div", { "class": "ld-alert is-ok" });
    var words = Louda.make("p", {}, texts.sent + " ");
    words.appendChild(Louda.make("a", { href: url }, texts.look));
    row.appendChild(words);
    place.appendChild(row);
  }

  // First the household's own page: is this phone still let in, and as whom? It also brings a fresh token for the form.
  function send(entry) {
    if (isBusy || entry.home !== document.body.getAttribute("data-home")) { show(); return; }
    isBusy = true;
    change(entry, "sending");
    Louda.request("GET", "/my", null, function (xhr) {
      var page = new DOMParser().parseFromString(xhr.responseText, "text/html");
      var token = page.querySelector("[name=csrf_token]");
      if (xhr.status === 200 && token && page.body.getAttribute("data-home") === entry.home) { post(entry, token.value); return; }
      isBusy = false;
      change(entry, xhr.status >= 500 ? "" : "left");
    }, function () { isBusy = false; change(entry, ""); });
  }

  // Sent, also when the server has had it all along and only its answer was lost: it leads to the order's page.
  function post(entry, token) {
    var pairs = entry.fields.concat([["step", "place"], ["csrf_token", token], ["_key", entry.key]]);
    Louda.request("POST", entry.url, Louda.encoded(pairs), function (xhr) {
      isBusy = false;
      if (Louda.path(xhr.responseURL) !== entry.url && xhr.status < 400) { sent(entry, xhr.responseURL); return; }
      var page = new DOMParser().parseFromString(xhr.responseText, "text/html");
      var why = page.querySelector(".ld-summary li, .ld-notice .ld-lead");
      if (xhr.status === 200 && page.getElementById("place")) { change(entry, "ask"); return; }
      if (xhr.status === 401) { change(entry, "left"); return; }
      if (xhr.status >= 500 || xhr.status === 429) { change(entry, ""); return; }
      change(entry, xhr.status === 409 ? "over" : "refused", why ? why.textContent.trim() : String(xhr.status));
    }, function () { isBusy = false; change(entry, ""); });
  }

  // Back into the form, to be looked over by a person.
  function open(entry) {
    Louda.write("opened", entry);
    remove(entry);
    window.location.href = entry.url;
  }

  Louda.prepare.push(function restore() {
    var entry = Louda.read("opened", null);
    var form = document.getElementById("order");
    if (!entry || !form || entry.home !== document.body.getAttribute("data-home") || Louda.path(form.action) !== entry.url) { return; }
    Louda.write("opened", null);
    Louda.all("[name^=sub_]", form).forEach(function (field) { field.checked = false; });
    entry.fields.forEach(function (pair) {
      var field = form.elements[pair[0]];
      if (!field || pair[0] === "version") { return; }
      if (field.type === "checkbox") { field.checked = true; } else { field.value = pair[1]; }
    });
  });

  function retry() {
    var waiting = entries().filter(function (one) { return !one.state || one.state === "left" || one.state === "sending"; });
    if (waiting.length && navigator.onLine !== false && !isBusy) { send(waiting[0]); }
  }

  Louda.prepare.push(function () { show(); retry(); });
  window.addEventListener("online", retry);
  window.addEventListener("pageshow", function (event) { if (event.persisted) { show(); retry(); } });
  window.setInterval(function () { if (!document.hidden) { retry(); } }, AGAIN);

  // Whoever takes the household from this phone leaves nothing of it behind.
  document.addEventListener("submit", function (event) {
    if (/\/my\/leave$/.test(event.target.action)) { ["outbox", "opened", "stars"].forEach(function (key) { Louda.write(key, null); }); }
  });
})();
