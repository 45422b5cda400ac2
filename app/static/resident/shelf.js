// The order form: steppers whose limits are said aloud, the running total, search by names and pinyin, what is often
// bought, the last order again, and goods of the list named among the other needs.
(function () {
  "use strict";

  var Louda = window.Louda;
  var DIGITS = { "一": 1, "二": 2, "两": 2, "俩": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10 };

  function number(field) { return Math.max(0, parseInt(field.value, 10) || 0); }

  function prepare() {
    var form = document.getElementById("order");
    var texts = Louda.texts("texts");
    if (!form || !texts.sum || form.getAttribute("data-shelf")) { return; }
    form.setAttribute("data-shelf", "1");
    form.noValidate = true;
    var rows = Louda.all(".ld-shelf-row", form).map(function (node) { return asRow(node, texts, total); });

    function total() {
      var units = 0;
      var fen = 0;
      rows.forEach(function (row) {
        units += number(row.field);
        fen += number(row.field) * Number(row.field.getAttribute("data-fen"));
      });
      var place = document.getElementById("total");
      if (place) {
        place.hidden = false;
        place.textContent = units ? Louda.fill(texts.sum, { qty: units, sum: (fen / 100).toFixed(2) }) : texts.none;
      }
    }

    search(form, rows, texts);
    often(rows, texts);
    again(form, rows, texts, total);
    needs(form, rows, texts);
    total();
    Louda.refresh = function () { rows.forEach(function (row) { row.show(); }); total(); };
    Louda.firstOverLimit = function () { return rows.filter(function (row) { return row.isOver(); })[0]; };
  }

  // --- one row --------------------------------------------------------------------------------------------------------
  function asRow(node, texts, changed) {
    var field = node.querySelector("input[type=number]");
    var label = node.querySelector("label");
    var name = label.textContent;
    var limit = Number(field.getAttribute("data-limit")) || 0;
    var isSoft = field.hasAttribute("data-soft");
    var said = node.appendChild(Louda.make("p", { "class": "ld-shelf-said", hidden: "" }));
    var row = { node: node, field: field, name: name, names: [], add: add, show: show, isOver: isOver };
    var found = node.getAttribute("data-find").split("||");
    row.names = found[0].split("|");
    row.text = found.join("|").replace(/\|/g, " ");
    row.spellings = (node.getAttribute("data-py") || "").split(" ").filter(Boolean).map(function (one) { return one.split("-"); });

    var less = step(-1, texts.less, "−");
    var more = step(1, texts.more, "+");
    field.parentNode.insertBefore(less, field);
    field.parentNode.appendChild(more);
    starButton(node, row, texts);

    function step(by, text, sign) {
      var button = Louda.make("button", { type: "button", "aria-label": Louda.fill(text, { item: name }) }, sign);
      button.addEventListener("click", function () { add(by); });
      return button;
    }

    function isOver() { return limit > 0 && !isSoft && number(field) > limit; }

    function tell(sentence) {
      said.textContent = sentence;
      said.hidden = !sentence;
      if (sentence) { Louda.say(sentence); }
    }

    function add(by) {
      var before = number(field);
      var wanted = Math.min(999, Math.max(0, before + by));
      if (by > 0 && limit && !isSoft && wanted > limit) {
        tell(Louda.fill(texts.hard, { name: name, max: limit }));
        wanted = Math.max(before, Math.min(wanted, limit));
      }
      if (wanted !== before) { field.value = String(wanted); judge(); }
    }

    function judge() {
      var qty = number(field);
      var over = limit && qty > limit;
      tell(!over ? "" : isSoft ? Louda.fill(texts.soft, { name: name, max: limit, qty: qty })
        : Louda.fill(texts.over, { name: name, max: limit, qty: qty, over: qty - limit }));
      field.setAttribute("aria-invalid", isOver() ? "true" : "false");
      show();
      changed();
    }

    function show() {
      var qty = number(field);
      node.classList.toggle("is-set", qty > 0);
      field.parentNode.classList.toggle("is-set", qty > 0);
      less.setAttribute("aria-disabled", String(qty === 0));
      more.setAttribute("aria-disabled", String(limit > 0 && !isSoft && qty >= limit));
    }

    field.addEventListener("input", judge);
    field.addEventListener("focus", function () { field.select(); });
    show();
    return row;
  }

  // --- search ---------------------------------------------------------------------------------------------------------
  function begins(typed, syllables, at) {
    if (!typed) { return true; }
    if (at === syllables.length) { return false; }
    for (var length = 1; length <= Math.min(typed.length, syllables[at].length); length += 1) {
      if (typed.charAt(length - 1) !== syllables[at].charAt(length - 1)) { return false; }
      if (begins(typed.slice(length), syllables, at + 1)) { return true; }
    }
    return false;
  }

  function isSpelled(typed, syllables) {
    return syllables.some(function (syllable, start) { return begins(typed, syllables, start); });
  }

  function isMeant(typed, row) {
    return row.text.indexOf(typed) >= 0 || row.spellings.some(function (one) { return isSpelled(typed, one); });
  }

  function search(form, rows, texts) {
    var field = form.elements.search;
    var place = document.getElementById("found");
    var button = form.querySelector(".ld-find [value=search]");
    if (button) { button.hidden = true; }

    function find() {
      var typed = field.value.toLowerCase().replace(/\s/g, "");
      var count = 0;
      rows.forEach(function (row) {
        row.node.hidden = !isMeant(typed, row);
        count += row.node.hidden ? 0 : 1;
      });
      Louda.all(".ld-shelf", form).forEach(function (section) { section.hidden = !section.querySelector(".ld-shelf-row:not([hidden])"); });
      // The hits come right below the field: on a small screen the keyboard leaves room for three rows.
      ["kinds", "often"].forEach(function (id) {
        var chips = document.getElementById(id);
        if (chips) { chips.hidden = !!typed || !chips.querySelector("a, button"); }
      });
      place.textContent = !typed ? "" : count ? Louda.fill(texts.found, { n: count }) : Louda.fill(texts.missing, { word: field.value.trim() });
      if (typed && !count) { place.appendChild(writeDown()); }
    }

    function writeDown() {
      var button = Louda.make("button", { type: "button", "class": "ld-btn ld-btn-small" }, texts.write);
      button.addEventListener("click", function () {
        var box = form.elements.other_need;
        box.value = (box.value ? box.value + "，" : "") + field.value.trim();
        field.value = "";
        find();
        box.focus();
      });
      return button;
    }

    field.addEventListener("input", find);
    field.addEventListener("search", find);
    field.addEventListener("keydown", function (event) { if (event.key === "Enter" && !event.isComposing) { event.preventDefault(); field.blur(); } });
    field.addEventListener("focus", function () { if (window.innerWidth < 600) { field.parentNode.parentNode.scrollIntoView(); } });
    if (field.value) { find(); }
  }

  // --- often bought: the household's own, and what is starred on this phone -------------------------------------------
  function starButton(node, row, texts) {
    var button = Louda.make("button", { type: "button", "class": "ld-star" });
    function show() {
      var isStarred = Louda.read("stars", []).indexOf(row.name) >= 0;
      button.setAttribute("aria-pressed", String(isStarred));
      button.textContent = (isStarred ? "★ " : "☆ ") + (isStarred ? texts.unstar : texts.star);
    }
    button.addEventListener("click", function () {
      var stars = Louda.read("stars", []).filter(function (one) { return one !== row.name; });
      if (button.getAttribute("aria-pressed") === "false") { stars.unshift(row.name); }
      Louda.write("stars", stars.slice(0, 20));
      show();
    });
    show();
    node.appendChild(button);
  }

  function often(rows, texts) {
    var place = document.getElementById("often");
    var known = Louda.all("a", place).map(function (link) { return link.getAttribute("href"); });
    rows.forEach(function (row) {
      if (Louda.read("stars", []).indexOf(row.name) >= 0 && known.indexOf("#" + row.field.id) < 0) {
        place.appendChild(Louda.make("a", { href: "#" + row.field.id }, row.name));
      }
    });
    place.hidden = !place.querySelector("a");
    Louda.all("a", place).forEach(function (link) {
      var row = rows.filter(function (one) { return "#" + one.field.id === link.getAttribute("href"); })[0];
      if (!row) { return; }
      var button = Louda.make("button", { type: "button" }, "+ " + row.name);
      button.addEventListener("click", function () {
        row.add(1);
        Louda.say(Louda.fill(texts.now, { name: row.name, qty: number(row.field) }));
        button.textContent = "+ " + row.name + " · " + number(row.field);
      });
      place.replaceChild(button, link);
    });
  }

  // --- the last order again -------------------------------------------------------------------------------------------
  function again(form, rows, texts, changed) {
    var button = form.querySelector("[data-again]");
    if (!button) { return; }
    button.addEventListener("click", function (event) {
      var wanted = JSON.parse(button.getAttribute("data-again"));
      event.preventDefault();
      rows.forEach(function (row) {
        var qty = wanted[row.field.name.slice(4)];
        if (qty) { row.field.value = String(qty); row.show(); }
      });
      changed();
      button.parentNode.classList.add("is-done");
      var said = button.parentNode.querySelector("[data-again-said]");
      Louda.say(texts.filled + (said ? " " + said.textContent : ""));
      button.textContent = "✓ " + texts.filled;
    });
  }

  // --- goods of the list among the other needs ------------------------------------------------------------------------
  function needs(form, rows, texts) {
    var box = form.elements.other_need;
    var place = document.getElementById("named");

    function look() {
      place.textContent = "";
      box.value.toLowerCase().split(/[,，、。;；!！\n+/和]+/).forEach(function (part) {
        var row = best(part);
        if (row && !number(row.field) && !/不要|不用|不需要|不吃|别/.test(part)) { offer(row, part); }
      });
      place.hidden = !place.firstChild;
    }

    function best(part) {
      var found = null;
      var length = 0;
      rows.forEach(function (row) {
        row.names.forEach(function (word) {
          if (word.length > length && part.indexOf(word) >= 0) { found = row; length = word.length; found.word = word; }
        });
      });
      return found;
    }

    function offer(row, part) {
      var match = /\d{1,2}|[一二两俩三四五六七八九十]/.exec(part.replace(row.word, " "));
      var qty = Math.max(1, match ? DIGITS[match[0]] || Number(match[0]) : 1);
      var item = Louda.make("li", {}, texts.named);
      var button = Louda.make("button", { type: "button", "class": "ld-btn ld-btn-small" }, Louda.fill(texts.take, { name: row.name, qty: qty }));
      button.addEventListener("click", function () {
        row.add(qty);
        box.value = box.value.split(/[,，、。;；!！\n]+/).filter(function (one) { return one.toLowerCase().indexOf(row.word) < 0; }).join("，");
        Louda.say(Louda.fill(texts.now, { name: row.name, qty: number(row.field) }));
        look();
        box.focus();
      });
      item.appendChild(button);
      place.appendChild(item);
    }

    box.addEventListener("input", look);
    look();
  }

  Louda.prepare.push(prepare);
})();
