// The resident's pages, for old phones too: ECMAScript 5, no fetch, no promise, nothing that a 2016 browser lacks.
// Every page works without these files; the server decides everything.
(function () {
  "use strict";

  var Louda = window.Louda = {};

  Louda.all = function (selector, root) {
    return Array.prototype.slice.call((root || document).querySelectorAll(selector));
  };

  Louda.make = function (tag, attributes, text) {
    var node = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) { node.setAttribute(name, attributes[name]); });
    if (text) { node.textContent = text; }
    return node;
  };

  // Sentences come with the page, in its language: texts("texts").hard with %(name)s to be filled in.
  Louda.texts = function (id) {
    var held = document.getElementById(id);
    var found = {};
    Array.prototype.forEach.call(held ? held.attributes : [], function (one) {
      if (one.name.indexOf("data-") === 0) { found[one.name.slice(5)] = one.value; }
    });
    return found;
  };

  Louda.fill = function (sentence, values) {
    return sentence.replace(/%\((\w+)\)s/g, function (whole, name) { return String(values[name]); });
  };

  // Said aloud once: a region for screen readers that stays in the page.
  Louda.say = function (sentence) {
    var region = document.getElementById("said") || document.body.appendChild(
      Louda.make("p", { id: "said", "class": "ld-hidden", role: "status", "aria-live": "polite" }));
    region.textContent = "";
    window.setTimeout(function () { region.textContent = sentence; }, 60);
  };

  // What stays on this phone. A phone that keeps nothing (private window, full) is no error.
  Louda.read = function (key, otherwise) {
    try { return JSON.parse(window.localStorage.getItem("louda." + key)) || otherwise; } catch (error) { return otherwise; }
  };
  Louda.write = function (key, value) {
    try {
      if (value === null) { window.localStorage.removeItem("louda." + key); } else {
        window.localStorage.setItem("louda." + key, JSON.stringify(value));
      }
      return true;
    } catch (error) { return false; }
  };

  // One request. done(xhr) when the server answered, whatever it said; failed() when it could not be reached.
  Louda.request = function (method, url, body, done, failed) {
    var xhr = new XMLHttpRequest();
    var over = false;
    function fail() { if (!over) { over = true; failed(); } }
    xhr.open(method, url);
    xhr.timeout = 25000;
    if (body !== null) { xhr.setRequestHeader("Content-Type", "application/x-www-form-urlencoded"); }
    xhr.onload = function () {
      // A gateway that stands in for the server (502, 504) has not reached it either.
      if (over) { return; }
      if (xhr.status === 0 || xhr.status === 502 || xhr.status === 504) { fail(); return; }
      over = true;
      done(xhr);
    };
    xhr.onerror = xhr.ontimeout = xhr.onabort = fail;
    xhr.send(body);
  };

  Louda.encoded = function (pairs) {
    return pairs.map(function (pair) {
      return encodeURIComponent(pair[0]) + "=" + encodeURIComponent(pair[1].replace(/\r?\n/g, "\r\n"));
    }).join("&");
  };

  // The fields of a form as a browser would send them, with the button that was pressed.
  Louda.fields = function (form, button) {
    var pairs = [];
    Array.prototype.forEach.call(form.elements, function (field) {
      if (!field.name || field.disabled || /^(submit|button|file|reset)$/.test(field.type)) { return; }
      if (/^(checkbox|radio)$/.test(field.type) && !field.checked) { return; }
      pairs.push([field.name, field.value]);
    });
    if (button && button.name) { pairs.push([button.name, button.value]); }
    return pairs;
  };

  Louda.path = function (url) {
    var link = document.createElement("a");
    link.href = url;
    return link.pathname.charAt(0) === "/" ? link.pathname : "/" + link.pathname;
  };

  Louda.canSwap = !!(window.DOMParser && window.history && window.history.pushState && "responseURL" in new XMLHttpRequest());
  Louda.prepare = [];  // functions(root) that make a page or a part of one comfortable

  // --- one page after another without losing what was typed when the network goes ------------------------------------
  var held = [];  // the pages behind this one, as they were left
  var isEnd = false;  // whether what is shown came after the end of a way: the pages before it are stale

  function children() { return Array.prototype.slice.call(document.body.childNodes); }

  function show(nodes, title, home) {
    children().forEach(function (node) { document.body.removeChild(node); });
    nodes.forEach(function (node) { document.body.appendChild(node); });
    document.title = title;
    document.body.setAttribute("data-home", home);
  }

  Louda.start = function () {
    Louda.prepare.forEach(function (prepare) { prepare(document.body); });
  };

  // Show a page that the server sent in answer to a form: after the present one ("next"), in its place ("same"), or as
  // the end of the way ("new"): then the pages before it are stale, and going back asks the server for them.
  Louda.swap = function (html, url, how) {
    var next = new DOMParser().parseFromString(html, "text/html");
    if (how === "next") {
      held.push({ nodes: children(), title: document.title, home: document.body.getAttribute("data-home"), y: window.pageYOffset });
      window.history.pushState({ depth: held.length }, "", url);
    } else if (how === "new") {
      held = [];
      isEnd = true;
      window.history.replaceState({}, "", url);
    }
    var nodes = Array.prototype.map.call(next.body.childNodes, function (node) { return document.importNode(node, true); });
    show(nodes, next.title, next.body.getAttribute("data-home") || "");
    document.dispatchEvent(new CustomEvent("louda:page"));
    Louda.start();
    window.scrollTo(0, 0);
    var first = document.querySelector("[data-focus]") || document.getElementById("main");
    if (first) { first.focus(); }
  };

  Louda.isNext = function () { return held.length > 0; };

  // Old browsers announce the first page as well: what is said before everything has loaded is no step back.
  var isLoaded = false;
  window.addEventListener("load", function () { window.setTimeout(function () { isLoaded = true; }, 0); });
  window.addEventListener("popstate", function (event) {
    var depth = (event.state && event.state.depth) || 0;
    var page = held[depth];
    if (!isLoaded) { return; }
    if (!page) {  // a jump within the page, unless the way has ended
      if (isEnd) { window.location.reload(); }
      return;
    }
    held = held.slice(0, depth);
    show(page.nodes, page.title, page.home);
    Louda.start();
    window.scrollTo(0, page.y);
  });
})();
