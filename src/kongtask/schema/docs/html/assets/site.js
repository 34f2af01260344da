// Search, the switch of revisions, comparing, the theme. Without it, every page reads the same.
"use strict";

const body = document.body;
const home = new URL(body.dataset.root || "./", location.href);
const site = { index: null, texts: {} };

/** Take what a data file brings: pages from files may load scripts, and nothing else. */
function kongtask(name, value) {
  if (name === "texts") {
    Object.assign(site.texts, value);
    return;
  }
  site.index = value;
  site.latest = value.revisions.at(-1)[0];
  site.at = Number(new URLSearchParams(location.search).get("at")) || Number(body.dataset.number);
  site.byPath = new Map(value.objects.map((object) => [object.path, object]));
  begin();
}

function begin() {
  offerRevisions();
  keepRevision();
  offerSearch();
  for (const place of document.querySelectorAll(".compare")) offerComparison(place);
  for (const canvas of document.querySelectorAll(".canvas")) offerZoom(canvas);
}

/** Make an element; what is text stays text. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const padded = (number) => String(number).padStart(6, "0");

// Addresses ------------------------------------------------------------------------------------

/** Return the version of an object that holds at a revision: [number, whether it is there]. */
function versionAt(object, number) {
  return object.versions.filter(([from]) => from <= number).at(-1) ?? null;
}

const isThere = (object, number) => versionAt(object, number)?.[1] === 1;

/** Return the address of an object's page as it was at a revision. */
function addressOf(object, number) {
  const made = object.versions.filter(([, there]) => there);
  const found = made.filter(([from]) => from <= number).at(-1) ?? made.at(-1);
  const version = found === made.at(-1) ? "" : `@${padded(found[0])}`;
  return withRevision(`${object.path}${version}.html`, number);
}

/** Return a page's address that says the revision, where that is not the latest. */
function withRevision(path, number) {
  const words = path.split("/").map((word) => encodeURIComponent(word).replaceAll("%40", "@"));
  const address = new URL(words.join("/"), home);
  if (number !== site.latest) address.search = `?at=${number}`;
  return address.href;
}

/** Return a page of ours by its address: the path below the home, without what stands behind. */
function pathOf(address) {
  const url = new URL(address, location.href);
  if (url.protocol !== home.protocol || !url.pathname.startsWith(home.pathname)) return null;
  return decodeURIComponent(url.pathname.slice(home.pathname.length));
}

const objectOf = (path) => site.byPath.get(path.replace(/(@\d{6,})?\.html$/, "")) ?? null;

// Revisions ------------------------------------------------------------------------------------

function offerRevisions() {
  const select = document.getElementById("revision");
  for (const [number] of [...site.index.revisions].reverse()) {
    const words = number === site.latest ? `${padded(number)} (latest)` : padded(number);
    select.append(make("option", { value: number, selected: number === site.at }, words));
  }
  select.closest("label").hidden = false;
  select.addEventListener("change", () => {
    const number = Number(select.value);
    const object = site.byPath.get(body.dataset.entry);
    if (object && isThere(object, number)) location.href = addressOf(object, number);
    else if (number === site.latest) location.href = withRevision("index.html", number);
    else location.href = withRevision(`revisions/${padded(number)}.html`, number);
  });
}

/** Let links lead to pages of the revision that is looked at. */
function keepRevision() {
  if (site.at === site.latest) return;
  body.classList.add("earlier");
  for (const link of document.querySelectorAll(".bar a, main a:not(.banner a, .versions a)")) {
    const path = pathOf(link.href ?? "");
    if (path === null || typeof link.href !== "string") continue;
    const object = objectOf(path);
    if (object && isThere(object, site.at)) link.href = addressOf(object, site.at);
    else if (path === "index.html") {
      link.href = withRevision(`revisions/${padded(site.at)}.html`, site.at);
    }
  }
}

// Search ---------------------------------------------------------------------------------------

// So many objects of a kind are listed, and so many results: more is for typing on.
const LISTED = 400;
const RESULTS = 60;

function offerSearch() {
  const form = document.querySelector(".search");
  const input = document.getElementById("search");
  const found = document.getElementById("found");
  site.there = site.index.objects.filter((object) => isThere(object, site.at));
  for (const object of site.there) {
    // What was renamed is called as it was then.
    const titles = (object.titles ?? []).filter(([from]) => from <= site.at);
    object.title = titles.at(-1)?.[1] ?? object.title;
    object.words = object.title.toLowerCase();
    object.others = (object.columns ?? []).map((name) => name.toLowerCase());
    object.told = (object.comment ?? "").toLowerCase();
  }
  form.hidden = false;
  const show = () => {
    const words = input.value.trim().toLowerCase();
    found.replaceChildren(...(words ? results(words) : listing()));
    document.querySelector(".side").classList.toggle("searching", Boolean(words));
    const count = found.querySelectorAll("a").length;
    document.getElementById("search-status").textContent = words ? `${count} found` : "";
    if (!words) found.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    found.querySelector("a")?.click();
  });
  input.addEventListener("input", show);
  document.addEventListener("keydown", (event) => onKey(event, input, found));
  show();
}

/** Return all objects, kind by kind. */
function listing() {
  const kinds = Map.groupBy
    ? Map.groupBy(site.there, (object) => object.kind)
    : grouped(site.there);
  return [...kinds].flatMap(([kind, objects]) => {
    if (kind === "schema") return [];
    const links = objects.slice(0, LISTED).map((object) => make("li", {}, linkTo(object)));
    if (objects.length > LISTED) {
      links.push(make("li", { class: "quiet" }, `and ${objects.length - LISTED} more: search`));
    }
    return [
      make("h2", {}, `${site.index.kinds[kind]} `, make("span", {}, String(objects.length))),
      make("ul", {}, ...links),
    ];
  });
}

function grouped(objects) {
  const found = new Map();
  for (const object of objects) {
    if (!found.has(object.kind)) found.set(object.kind, []);
    found.get(object.kind).push(object);
  }
  return found;
}

/** Return what fits all words: names first, then columns, then comments. */
function results(text) {
  const words = text.split(/\s+/);
  const hits = [];
  for (const object of site.there) {
    const rank = rankOf(object, words, text);
    if (rank !== null) hits.push([rank, object]);
  }
  hits.sort(([a, one], [b, other]) => a - b || one.title.length - other.title.length);
  if (!hits.length) return [make("p", { class: "quiet" }, "Nothing fits.")];
  const items = hits.slice(0, RESULTS).map(([, object]) => {
    const column = (object.columns ?? []).find((name) => name.toLowerCase().includes(words[0]));
    const isNamed = object.words.includes(words[0]);
    const about = column && !isNamed ? `${object.kind}, ${column}` : object.kind;
    return make("li", {}, linkTo(object, about));
  });
  return [make("ul", { class: "results" }, ...items)];
}

function rankOf(object, words, text) {
  let rank = object.words === text ? 0 : object.words.startsWith(text) ? 1 : 2;
  for (const word of words) {
    if (object.words.includes(word)) continue;
    if (object.others.some((name) => name.startsWith(word))) rank += 4;
    else if (object.others.some((name) => name.includes(word))) rank += 6;
    else if (object.kind.startsWith(word)) rank += 7;
    else if (object.told.includes(word)) rank += 10;
    else return null;
  }
  return rank;
}

function linkTo(object, about = null) {
  const isCurrent = object.path === body.dataset.entry;
  return make(
    "a",
    { href: addressOf(object, site.at), "aria-current": isCurrent ? "page" : null },
    make("code", {}, object.title),
    about === null ? null : make("span", { class: "quiet" }, ` ${about}`),
  );
}

/** "/" leads to the search; arrows move in what it has found; Escape leads back. */
function onKey(event, input, found) {
  const target = document.activeElement;
  const isTyping = target.matches("input, select, textarea, [contenteditable]");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    input.focus();
    input.select();
    return;
  }
  const links = [...found.querySelectorAll("a")];
  const place = links.indexOf(target);
  if (target !== input && place < 0) return;
  if (event.key === "Escape") {
    input.value = "";
    input.dispatchEvent(new Event("input"));
    input.focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const next = place + (event.key === "ArrowDown" ? 1 : -1);
    (next < 0 ? input : links[Math.min(next, links.length - 1)])?.focus();
  }
}

// Comparing ------------------------------------------------------------------------------------

// Lines around a change that are shown, and how many differences are open at first.
const AROUND = 3;
const OPEN = 20;

function offerComparison(place) {
  const object = site.byPath.get(place.dataset.of) ?? null;
  const numbers = object
    ? object.changes
    : site.index.revisions.map(([number]) => number);
  const hash = /^#(\d+)\.\.(\d+)$/.exec(location.hash)?.slice(1).map(Number);
  const chosen = hash?.every((number) => numbers.includes(number)) ? hash : numbers.slice(-2);
  const [from, to] = [choice("From", numbers, chosen[0]), choice("to", numbers, chosen.at(-1))];
  const output = make("div", { class: "differences", "aria-live": "polite" });
  const show = async () => {
    const [a, b] = [Number(from.value), Number(to.value)];
    if (!object) history.replaceState(null, "", `#${a}..${b}`);
    await showDifferences(output, object ? [object] : site.index.objects, a, b, !object);
  };
  if (numbers.length < 2) return;
  const form = make("form", {}, from.closest("label"), to.closest("label"));
  if (object) place.append(make("h3", {}, "Compare versions"));
  place.append(form, output);
  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
}

function choice(words, numbers, chosen) {
  const names = new Map(site.index.revisions);
  const options = numbers.map((number) =>
    make("option", { value: number, selected: number === chosen }, names.get(number)));
  const select = make("select", {}, ...options);
  make("label", {}, make("span", {}, words), " ", select);
  return select;
}

async function showDifferences(output, objects, a, b, areNamed) {
  const [low, high] = [Math.min(a, b), Math.max(a, b)];
  const differing = objects.filter(
    (object) => object.changes.some((number) => low < number && number <= high));
  await Promise.all([...new Set(differing.map((object) => object.chunk))].map(load));
  const found = differing
    .map((object) => [object, textAt(object, a), textAt(object, b)])
    .filter(([, before, after]) => before !== after);
  const parts = found.map(([object, before, after], place) =>
    differenceOf(object, before, after, areNamed ? place < OPEN : true, b, areNamed));
  if (!parts.length) parts.push(make("p", { class: "quiet" }, "No difference."));
  else if (areNamed) {
    const words = parts.length === 1 ? "1 object differs." : `${parts.length} objects differ.`;
    parts.unshift(make("p", { class: "quiet" }, words));
  }
  output.replaceChildren(...parts);
}

function textAt(object, number) {
  return site.texts[object.path].filter(([from]) => from <= number).at(-1)?.[1] ?? null;
}

const loading = new Map();

/** Load a file of texts, once. */
function load(chunk) {
  if (!loading.has(chunk)) {
    loading.set(chunk, new Promise((resolve, reject) => {
      const address = new URL(`data/texts-${chunk}.js`, home).href;
      const script = make("script", { src: address });
      script.addEventListener("load", resolve);
      script.addEventListener("error", () => reject(new Error(`cannot load ${address}`)));
      document.head.append(script);
    }));
  }
  return loading.get(chunk);
}

function differenceOf(object, before, after, isOpen, number, isNamed) {
  const what = before === null ? "added" : after === null ? "removed" : "changed";
  const table = make("div", { class: "wide code", tabindex: 0, role: "group",
    "aria-label": `Difference of ${object.title}` });
  const fill = () => {
    if (!table.childElementCount) table.append(differenceTable(before, after));
  };
  if (!isNamed) {
    fill();
    return table;
  }
  const open = isOpen && what === "changed";
  const details = make("details", { class: what, open },
    make("summary", {}, make("span", { class: "action" }, what), " ",
      make("code", {}, object.title), make("span", { class: "quiet" }, ` ${object.kind}`)),
    make("p", {}, make("a", { href: addressOf(object, number) }, "Go to the page")), table);
  details.addEventListener("toggle", fill);
  if (open) fill();
  return details;
}

function differenceTable(before, after) {
  const lines = difference(before, after);
  const shown = new Set();
  lines.forEach(([sign], place) => {
    if (sign === " ") return;
    for (let near = place - AROUND; near <= place + AROUND; near += 1) shown.add(near);
  });
  const rows = [];
  let hidden = 0;
  lines.forEach(([sign, line], place) => {
    if (!shown.has(place)) {
      hidden += 1;
      return;
    }
    if (hidden) rows.push(gap(hidden));
    hidden = 0;
    const name = { "+": "new", "-": "old", " ": "same" }[sign];
    const words = { "+": "added", "-": "removed", " ": "" }[sign];
    rows.push(make("tr", { class: name },
      make("td", { class: "sign" }, make("span", { "aria-hidden": "true" }, sign),
        words ? make("span", { class: "hidden" }, words) : null),
      make("td", {}, make("code", {}, line))));
  });
  if (hidden) rows.push(gap(hidden));
  return make("table", {},
    make("thead", { class: "hidden" }, make("tr", {}, make("th", { scope: "col" }, "Change"),
      make("th", { scope: "col" }, "Line"))),
    make("tbody", {}, ...rows));
}

function gap(count) {
  const words = count === 1 ? "1 line is the same" : `${count} lines are the same`;
  return make("tr", { class: "gap" }, make("td", { class: "sign" }), make("td", {}, words));
}

// Diagrams -------------------------------------------------------------------------------------

/** Let a diagram that is larger than its place be made smaller and larger. */
function offerZoom(canvas) {
  const drawing = canvas.querySelector("svg");
  if (canvas.scrollWidth <= canvas.clientWidth && canvas.scrollHeight <= canvas.clientHeight) {
    return;
  }
  const natural = drawing.viewBox.baseVal.width;
  const fitting = () => Math.min(
    canvas.clientWidth - 32, (canvas.clientHeight - 32) * natural / drawing.viewBox.baseVal.height);
  const zoom = (width) => {
    // What is in the middle stays there.
    const factor = width / drawing.clientWidth;
    const middle = (start, size) => (start + size / 2) * factor - size / 2;
    const left = middle(canvas.scrollLeft, canvas.clientWidth);
    const top = middle(canvas.scrollTop, canvas.clientHeight);
    drawing.style.width = `${width}px`;
    canvas.scrollTo(left, top);
  };
  const button = (words, title, width) => {
    const label = words.length === 1 ? title : null;  // a sign says nothing aloud
    const made = make("button", { type: "button", title, "aria-label": label }, words);
    made.addEventListener("click", () => zoom(width()));
    return made;
  };
  const limited = (width) => Math.min(Math.max(width, fitting()), 2 * natural);
  canvas.before(make("div", { class: "zoom", role: "group", "aria-label": "Size of the diagram" },
    button("Fit", "Show all of it", fitting),
    button("100 %", "Show it in its own size", () => natural),
    button("−", "Smaller", () => limited(drawing.clientWidth / 1.4)),
    button("+", "Larger", () => limited(drawing.clientWidth * 1.4))));
  // Of a large one, a corner says nothing: it begins as a whole.
  if (natural > 3 * canvas.clientWidth) zoom(fitting());
}

// Theme ----------------------------------------------------------------------------------------

(() => {
  const button = document.getElementById("theme");
  button.hidden = false;
  button.addEventListener("click", () => {
    const root = document.documentElement;
    const isDark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
    try {
      localStorage.setItem("kongtask-theme", root.dataset.theme);
    } catch {
      // The choice holds for this page.
    }
  });
})();
