// The keyboard: one tab stop for the list, arrows inside it, single keys only while focus is in it.

import { act, undoLast } from "./actions.js";
import { pick, pickAll, pickRange, start, targets, picked } from "./bulk.js";
import { $ } from "./dom.js";
import { openExtra } from "./extras.js";
import { openChat } from "./frame.js";
import { focusRow, nodeOf, step } from "./list.js";
import { closePanel, follow, showCard } from "./panel.js";
import { changed, nextAction, setting, state, SWITCHES } from "./state.js";
import { clearFilter, openFilter, setView } from "./screen.js";
import { hideToast } from "./toast.js";

const VIEW_KEYS = { a: "all", w: "waiting", u: "unread", p: "pinned", t: "top", c: "closing", s: "silent" };
const CONTROLS = ".pick input, .note button, .sw, .answer :is(a, button), .dismiss button";
let chord = 0;

/** One switch of the row under the keyboard, or of everything that is picked. */
function flip(key) {
  if (!state.picked.size) {
    const dialog = state.dialogs.get(state.current);
    if (dialog && dialog.stage !== "queue") act(nextAction(dialog, key), dialog.chat_id);
    return;
  }
  const { on, off } = SWITCHES[key];
  start(targets(on, picked()).length ? on : off);
}

/** The keyboard goes to this row, and an open panel goes along. */
function go(id, control) {
  focusRow(id, control);
  follow(id);
}

const KEYS = {
  j: () => go(step(1)),
  k: () => go(step(-1)),
  x: () => pick(state.current),
  "*": () => pickAll(),
  p: () => flip("pin"),
  t: () => flip("top"),
  S: () => flip("silent"),
  a: () => act("answer", state.current),
  n: () => act("skip", state.current),
  f: () => openFilter(),
  c: () => openExtra("crm"),
  u: undoLast,
  "?": () => openExtra("asks", "keys"),
};

/** The letter or sign of a single-key shortcut; Alt changes what a key writes, so then its place counts. */
function single(event) {
  const how = setting("shortcuts");
  if (how === "off" || event.altKey !== (how === "modifier")) return "";
  const letter = event.altKey && /^Key[A-Z]$/.test(event.code) ? event.code[3].toLowerCase() : event.altKey &&
    /^Digit\d$/.test(event.code) && !event.shiftKey ? event.code[5] : event.key;
  return letter === "s" && event.shiftKey ? "S" : letter;
}

function shortcut(event) {
  const key = single(event);
  if (performance.now() < chord && VIEW_KEYS[key]) setView(VIEW_KEYS[key]), (chord = 0);
  else if (key === "g") chord = performance.now() + 1500;
  else if (/^[1-9]$/.test(key)) [...document.querySelectorAll(".view[data-view]:not([hidden], [inert])")][key - 1]?.click();
  else if (KEYS[key]) KEYS[key]();
  else return false;
  return true;
}

function along(row, by) {
  const controls = [...row.querySelectorAll(CONTROLS)].filter((node) => node.offsetParent && !node.hidden);
  const at = controls.indexOf(document.activeElement) + by;
  if (at < 0) row.focus();
  else controls[Math.min(at, controls.length - 1)]?.focus();
}

const controlOf = (node) => (node.dataset.switch ? `.sw-${node.dataset.switch}` : node.closest(".pick") ? ".pick input"
  : node.classList.contains("more") ? ".more" : null);

function inList(event) {
  const row = event.target.closest(".row");
  if (!row || event.ctrlKey || event.metaKey) return false;
  const id = Number(row.dataset.chatId);
  const onRow = event.target === row;
  const { key } = event;
  const forward = document.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  if (key === "ArrowDown" || key === "ArrowUp") {
    const by = key === "ArrowDown" ? 1 : -1;
    if (event.altKey) openExtra("order", id, by);
    else {
      const next = step(by, id);
      if (event.shiftKey) {
        if (!state.picked.has(id)) pick(id, true);
        pickRange(next);
      }
      go(next, onRow ? null : controlOf(event.target));
    }
  } else if (key === "ArrowRight" || key === "ArrowLeft") along(row, key === forward ? 1 : -1);
  else if (key === "Home" || key === "End") go(step(key === "Home" ? -1e6 : 1e6));
  else if (key === "PageDown" || key === "PageUp") go(step(key === "PageDown" ? 10 : -10));
  else if (key === "Enter" && onRow) openChat(state.dialogs.get(id));
  else if (key === " " && onRow) state.shown === id ? closePanel() : showCard(id, false);
  else return shortcut(event);
  return true;
}

/** More rows came above and below the focused one. */
const staysInSight = () => queueMicrotask(() => document.activeElement.closest(".row")?.scrollIntoView({ block: "nearest" }));

function escape() {
  if (state.panel) closePanel();
  else if (state.picked.size) pickAll(false);
  else if (state.query) $("search").value = state.query = "", changed(), staysInSight();
  else if (Object.keys(state.filter).length) clearFilter(), staysInSight();
  else if ($("toasts").firstChild) hideToast();
  else return false;
  return true;
}

export function watchKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const typing = event.target.matches("input:not([type=checkbox]), select, textarea");
    let done = false;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") done = true, openExtra("palette");
    else if (event.key === "Escape") done = escape() || (typing && !event.target.blur() && !!nodeOf(state.current)?.focus());
    else if (typing) {
      if (event.target.id === "search" && (event.key === "ArrowDown" || event.key === "Enter")) done = true, focusRow(step(0));
    } else if (inList(event)) done = true;
    else if (single(event) === "/" && event.target.closest(".list")) done = true,
      $("search-open").offsetParent ? $("search-open").click() : $("search").focus();
    if (done) event.preventDefault();
  });
}

