// Pages are whole without this. It keeps them up to date, and gives lists keys.
"use strict";

const PACE_MS = 5000;
const main = document.getElementById("main");
let lastLoad = Date.now();
let waiting = null;

function isChanged(field) {
  switch (field.type) {
    case "hidden": return false;
    case "checkbox":
    case "radio": return field.checked !== field.defaultChecked;
    case "select-one":
      return field.selectedIndex !== Math.max(0, Array.from(field.options).findIndex((one) => one.defaultSelected));
    default: return field.value !== field.defaultValue;
  }
}

// What somebody is at must not be taken from under the hands.
function isInUse() {
  const active = document.activeElement;
  return (active && main.contains(active) && active.matches("input, select, textarea, summary"))
    || main.querySelector("details[open]") !== null
    || Array.from(main.querySelectorAll("input, select, textarea")).some(isChanged);
}

function notice() {
  let line = document.getElementById("changed");
  if (!line) {
    line = document.createElement("p");
    line.id = "changed";
    line.setAttribute("role", "status");
    line.append("The ledger went on. ");
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = "Load the page again";
    line.append(link);
    main.prepend(line);
  }
}

async function refresh() {
  waiting = null;
  if (document.hidden) {
    return;
  }
  if (isInUse()) {
    notice();
    return;
  }
  lastLoad = Date.now();
  const answer = await fetch(location.href, { headers: { "X-Tallystick-Live": "1" } });
  if (answer.redirected && new URL(answer.url).pathname === "/sign-in") {
    location.reload();
    return;
  }
  if (!answer.ok) {
    notice();
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (isInUse()) {
    notice();
    return;
  }
  const at = row() ? row().id : null;
  main.replaceChildren(...page.getElementById("main").childNodes);
  document.querySelector("footer").replaceWith(page.querySelector("footer"));
  document.title = page.title;
  if (at && document.getElementById(at)) {
    go(document.getElementById(at));
  }
}

function soon() {
  if (waiting === null) {
    waiting = setTimeout(() => refresh().catch(notice), Math.max(0, lastLoad + PACE_MS - Date.now()));
  }
}

function shown() {
  return main.querySelector("[data-live]")?.dataset.live;
}

if (shown() !== undefined) {
  let newest = shown();
  const look = () => {
    if (!document.hidden && newest !== shown()) {
      soon();
    }
  };
  new EventSource("/live").addEventListener("head", (event) => {
    newest = event.data;
    look();
  });
  document.addEventListener("visibilitychange", look);
}

function rows() {
  return Array.from(main.querySelectorAll("[data-keys] tbody tr"));
}

function row() {
  return main.querySelector("[data-keys] tbody tr[aria-current]");
}

function go(next) {
  rows().forEach((one) => one.removeAttribute("aria-current"));
  next.setAttribute("aria-current", "true");
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]), select, textarea")) {
    if (event.key === "Escape") {
      event.target.blur();
    }
    return;
  }
  const all = rows();
  if (all.length === 0) {
    return;
  }
  const at = all.indexOf(row());
  const search = document.getElementById("q");
  switch (event.key) {
    case "j": go(all[Math.min(at + 1, all.length - 1)]); break;
    case "k": go(all[Math.max(at - 1, 0)]); break;
    case "x": row()?.querySelector("input[type=checkbox]")?.click(); break;
    case "Enter":
      if (!row() || event.target !== document.body) {
        return;
      }
      row().querySelector("a").click();
      break;
    case "/": search?.focus(); break;
    case "?": document.getElementById("keys")?.focus(); break;
    default: return;
  }
  event.preventDefault();
});
