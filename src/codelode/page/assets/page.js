// The page works without this script; it adds search while typing, keys, and live progress.
"use strict";

const field = document.getElementById("q");
const main = document.getElementById("main");
const root = document.documentElement;

// Search while typing. The server makes the HTML; the address is the whole state.

let running = null; // the AbortController of the request under way
let shown = new URLSearchParams(location.search).get("q") ?? ""; // the query of the hits in `main`
let typedAt = 0;

const options = () => {
  const given = new URLSearchParams(location.search);
  const mode = main.dataset.view === "results" ? given.get("mode") : null;
  return mode ? { mode } : {};
};

const address = (query, more = {}) =>
  query.trim() ? `/?${new URLSearchParams({ q: query, ...options(), ...more })}` : "/";

async function load(url) {
  running?.abort();
  const mine = (running = new AbortController());
  const slow = setTimeout(() => root.classList.add("slow"), 250);
  try {
    const at = new URL(url, location.href);
    const response = await fetch(`/results${at.search}`, { signal: mine.signal });
    const html = await response.text();
    if (running !== mine) return false;
    const query = at.searchParams.get("q") ?? "";
    if (main.innerHTML !== html) replace(html);
    main.dataset.view = query.trim() ? "results" : "home";
    document.title = query.trim() ? `${query} · lode` : "lode";
    shown = query;
    return true;
  } catch (error) {
    if (error.name !== "AbortError") root.classList.add("offline");
    return false;
  } finally {
    clearTimeout(slow);
    if (running === mine) {
      running = null;
      root.classList.remove("slow");
    }
  }
}

function replace(html) {
  const focused = document.activeElement?.closest?.(".hit")?.querySelector(".go")?.href;
  main.innerHTML = html;
  if (focused) links().find((link) => link.href === focused)?.focus();
}

field.addEventListener("input", () => {
  const url = address(field.value);
  // The first letter after a pause makes an entry of the history; the next ones change it.
  const pause = performance.now() - typedAt > 1500;
  typedAt = performance.now();
  if (location.pathname !== "/" || pause) history.pushState(null, "", url);
  else history.replaceState(null, "", url);
  load(url);
});

field.form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const current = shown === field.value && !running && main.dataset.view === "results";
  if (current) return links()[0]?.click();
  const url = address(field.value);
  history.pushState(null, "", url);
  if (await load(url)) links()[0]?.focus();
});

addEventListener("popstate", () => {
  if (location.pathname !== "/") return location.reload();
  field.value = new URLSearchParams(location.search).get("q") ?? "";
  load(location.href);
});

main.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey)
    return;
  if (link?.matches(".chip, .modes a, .more a, .legend a")) {
    event.preventDefault();
    const url = link.getAttribute("href");
    field.value = new URL(url, location.href).searchParams.get("q") ?? "";
    history.pushState(null, "", url);
    if (!link.matches(".more a")) field.focus();
    load(url);
  } else if (!link && !String(getSelection())) {
    event.target.closest(".hit")?.querySelector(".go")?.click();
  }
});

// Keys.

const links = () => [...main.querySelectorAll(".go")];

function move(step) {
  const all = links();
  if (!all.length) return;
  const at = all.indexOf(document.activeElement?.closest?.(".hit")?.querySelector(".go"));
  if (at < 0 && step < 0) return focusField();
  if (at === 0 && step < 0) return focusField();
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  next.focus({ preventScroll: true });
  next.closest(".hit").scrollIntoView({ block: "nearest" });
}

function focusField() {
  scrollTo({ top: 0 });
  field.focus();
  field.select();
}

function act(key) {
  const scope = document.activeElement?.closest?.(".hit") ?? document.getElementById("acts");
  scope?.querySelector(`[data-key="${key}"]`)?.click();
}

addEventListener("keydown", (event) => {
  if (event.metaKey || event.ctrlKey || event.altKey || event.isComposing) return;
  if (event.target === field) {
    if (event.key === "Escape") {
      field.blur();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      move(1);
    }
    return;
  }
  if (event.target.matches?.("input, textarea, select")) return;
  const action = {
    "/": focusField,
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: main.querySelector(".go") && (() => move(1)),
    ArrowUp: main.querySelector(".go") && (() => move(-1)),
    o: () => act("o"),
    r: () => act("r"),
    Escape: leave,
  }[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

function leave() {
  if (main.dataset.view === "results" && location.pathname === "/") return focusField();
  if (document.referrer.startsWith(location.origin) && history.length > 1) return history.back();
  (document.getElementById("back") ?? document.querySelector(".brand")).click();
}

// A file: its links follow the line in the address.

function follow() {
  const line = Number(/^#L(\d+)$/.exec(location.hash)?.[1] ?? 0);
  const acts = document.getElementById("acts");
  if (!line || !acts) return;
  const related = acts.querySelector('[data-key="r"]');
  const editor = acts.querySelector('[data-key="o"]');
  related.href = related.href.replace(/line=\d+$/, `line=${line}`);
  if (editor) editor.href = editor.dataset.pattern.replace("{line}", line);
  let here = null;
  for (const link of document.querySelectorAll(".outline a")) {
    link.classList.remove("here");
    if (Number(link.hash.slice(2)) <= line) here = link;
  }
  if (!here) return;
  here.classList.add("here");
  const box = here.closest("details");
  box.scrollTop = here.offsetTop - box.clientHeight / 2;
}
addEventListener("hashchange", follow);
follow();
if (matchMedia("(max-width: 46rem)").matches)
  document.querySelector(".outline details")?.removeAttribute("open");

// The state of the indexes.

let generations = "";

async function watch() {
  let updating = false;
  if (!document.hidden) {
    try {
      const response = await fetch("/state");
      const { roots } = await response.json();
      updating = roots.some((each) => each.updating);
      report(roots, updating);
      root.classList.remove("offline");
    } catch {
      root.classList.add("offline");
    }
  }
  setTimeout(watch, updating ? 500 : 5000);
}

function report(roots, updating) {
  const sum = (name) => roots.reduce((total, each) => total + each[name], 0);
  const files = sum("files");
  const [read, wanted] = [sum("files_read"), sum("files_to_read")];
  const busy = updating && wanted > 0;
  root.classList.toggle("updating", busy);
  const bar = document.getElementById("progress");
  bar.hidden = !busy;
  if (busy) {
    bar.max = wanted;
    bar.value = read;
  }
  const count = `${files.toLocaleString("en")} ${files === 1 ? "file" : "files"}`;
  document.getElementById("summary").textContent = busy
    ? `${files ? count : "indexing"}, ${read.toLocaleString("en")} of ${wanted.toLocaleString("en")}`
    : count;
  const now = roots.map((each) => each.generation).join();
  const query = field.value;
  const stay = document.activeElement === document.body || document.activeElement === field;
  if (generations && now !== generations && stay && !running && location.pathname === "/")
    load(address(query, hits()));
  generations = now;
}

const hits = () => {
  const n = new URLSearchParams(location.search).get("n");
  return n ? { n } : {};
};

watch();
