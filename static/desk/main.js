// Starts the desk from what came with the page: the first list needs no request of its own.

import { act, begin, dismiss, explain, mark, reason, sentence, settle, tally, undoButton, undoLast } from "./actions.js";
import { ask, drop, get, getFile, post, prefer, put, Refusal } from "./api.js";
import { forgetRun, pick, pickRange, run, start, targets } from "./bulk.js";
import { $, attr, bdi, el, icon, text } from "./dom.js";
import { context, openExtra, SURFACES } from "./extras.js";
import { greetPortal, openChat } from "./frame.js";
import { greet } from "./greeting.js";
import { watchKeys } from "./keys.js";
import { focusRow, sortNow, watchList } from "./list.js";
import { openMenu } from "./menu.js";
import { changeOf, entryTitle, openPanel, showCard } from "./panel.js";
import { refresh, refreshSoon, startPolling, takeListing } from "./polling.js";
import { channel, channelIcon, channelName, crmOf, face, KEY_OF, makeRow, nameOf, setRow } from "./row.js";
import { clearFilter, drawer, openFilter, setView } from "./screen.js";
import { applies, changed, isOn, nextAction, onChange, setting, state, SWITCHES } from "./state.js";
import { clock, day, dayAndClock, duration, moment, now, setClock } from "./time.js";
import { hideToast, rememberUndo, say, toast } from "./toast.js";
import { conditions, isWaiting, lines, matching, ORDERS, savedView, search, sequence, sortOf, VIEWS } from "./views.js";
import { addWords, has, t, useWords } from "./words.js";

const boot = JSON.parse($("boot").textContent);
const today = () => new Date().toISOString().slice(0, 10);

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  dispatchEvent(new Event("theme"));
}

function onRowClick(event) {
  const row = event.target.closest(".row");
  if (!row) return;
  const id = Number(row.dataset.chatId);
  const dialog = state.dialogs.get(id);
  const on = (selector) => event.target.closest(selector);
  if (!dialog || on(".menu")) return;
  state.current = id;
  if (on("[data-switch]")) {
    const button = on("[data-switch]");
    act(nextAction(dialog, button.dataset.switch), id);
  } else if (on(".pick")) event.shiftKey ? pickRange(id) : pick(id, event.target.checked ?? !state.picked.has(id));
  else if (on(".more")) openExtra("menus", "row", on(".more"), dialog);
  else if (on("[data-action=answer]")) act("answer", id);
  else if (on("[data-open]")) {
    if (state.inFrame) event.preventDefault(), openChat(dialog);
  } else if (on("[data-dismiss]")) dismiss(id);
  else if (on("[data-again]")) refresh();
  else if (event.shiftKey) pickRange(id), getSelection().removeAllRanges();
  else if (event.ctrlKey || event.metaKey) pick(id);
  else if (!String(getSelection())) {
    focusRow(id);
    showCard(id, false);
  }
  changed();
}

function watchToolbar() {
  const search = $("search");
  search.addEventListener("input", () => { state.query = search.value; changed(); });
  search.addEventListener("blur", () => $("toolbar").classList.toggle("searching", !!search.value));
  $("search-open").addEventListener("click", () => { $("toolbar").classList.add("searching"); search.focus(); });
  $("line").addEventListener("change", (event) => { state.line = event.target.value; changed(); });
  $("fresh").addEventListener("click", refresh);
  $("more").addEventListener("click", () => openExtra("menus", "page"));
  document.querySelector(".views").addEventListener("click", (event) => {
    const view = event.target.closest("[data-view]");
    if (view) setView(view.dataset.view);
  });
  $("filter").addEventListener("click", openFilter);
  $("more-views").addEventListener("click", () => openMenu($("more-views"),
    [...$("saved").children].filter((chip) => chip.inert).map((chip) => ({
      label: chip.firstChild.textContent, end: chip.lastChild.textContent, checked: state.view === chip.dataset.view,
      run: () => setView(chip.dataset.view),
    }))));
  for (const button of document.querySelectorAll(".toolbar [data-preview]")) {
    button.addEventListener("click", () => start(button.dataset.preview, [...state.dialogs.values()]));
  }
}

function watchRows() {
  const rows = $("rows");
  rows.addEventListener("click", onRowClick);
  rows.addEventListener("dblclick", (event) => {
    const row = event.target.closest(".row");
    if (row && !event.target.closest("button, input, a, .menu")) openChat(state.dialogs.get(Number(row.dataset.chatId)));
  });
  rows.addEventListener("focusin", (event) => {
    const row = event.target.closest(".row");
    if (row && state.current !== Number(row.dataset.chatId)) state.current = Number(row.dataset.chatId), changed();
  });
}

function takeBoot() {
  useWords(boot.words, boot.language);
  setClock(boot.now);
  Object.assign(state, { settings: boot.settings ?? null, views: boot.views ?? [], actions: new Set(boot.actions), me: boot.operator,
    preferences: boot.preferences ?? {}, inFrame: boot.in_frame, portal: boot.portal_origin ?? "",
    limit: boot.limits?.per_request ?? 50, click: 1000 * boot.limits.click_seconds });
  if (boot.listing) takeListing(boot.listing);
  else if (boot.error) state.trouble = { ...boot.error, code: boot.error.error };
}

/** Adds css/<name>.css once; resolves when it holds (or cannot be had). */
function style(name) {
  const known = document.getElementById(`css-${name}`);
  if (known?.sheet) return null;
  const desk = document.querySelector("link[href$='/desk.css']");
  const link = known ?? el("link", { id: `css-${name}`, rel: "stylesheet", href: desk.href.replace(/desk\.css$/, `${name}.css`) });
  if (!known) document.head.append(link);
  return new Promise((resolve) => { link.addEventListener("load", resolve); link.addEventListener("error", resolve); });
}
const keyOf = (key) => KEY_OF[key].replace("+", " ");
const autoOffMinutes = () => Number(setting("auto_silent_off"));

takeBoot();
$("desk").classList.toggle("answers", state.actions.has("answer")); // narrow rows keep room for that word
Object.assign(context, {
  boot, state, changed, SWITCHES, nextAction, applies, setting, autoOffMinutes, $, el, icon, bdi, text, attr, style, t, has, addWords,
  ask, get, post, put, drop, getFile, Refusal, prefer, say, toast, act, start, run, targets, settle, sentence, reason, tally, explain,
  undoButton, undoLast, rememberUndo, openMenu, openChat, isOn, crmOf,
  matching, isWaiting, VIEWS, ORDERS, search, conditions, savedView, sortOf, lines, channel, channelName, channelIcon, nameOf, keyOf,
  clock, day, dayAndClock, moment, duration, now, showCard, openPanel, entryTitle, changeOf, focusRow, refreshSoon, setView, openFilter,
  clearFilter, forgetRun,
  openExtra, SURFACES, setTheme, makeRow, setRow, mark, begin, sequence, sortNow, hideToast,
});
const first = setting("view");
if (VIEWS[first] || savedView(first)) state.view = first;
onChange(drawer(() => { prefer({ ceiling_dismissed: today() }); changed(); }));
watchToolbar();
watchRows();
watchList();
watchKeys();
greet(boot.version);
changed();
queueMicrotask(() => {
  const named = boot.focus_chat_id;
  if (named && state.dialogs.has(named)) focusRow(named), showCard(named, false);
  else if (innerWidth >= 1320 && state.preferences.panel !== false && sequence().length) showCard(sequence()[0], false);
});
startPolling(boot.polling);
if (boot.run?.left.length) openExtra("ended", null, boot.run);
setInterval(changed, 5000); // waiting times and the tooltip of the next check
setInterval(() => { if (state.link.state === "busy") changed(); }, 1000); // the countdown
greetPortal();
// What the first clicks may need is fetched while nothing else happens.
(window.requestIdleCallback ?? setTimeout)(() => {
  style("triage");
  for (const name of ["menus", "talk", "undo", "asks", "ended", "palette", "triage", "entries"])
    import(`./extras/${name}.js`).catch(() => {});
}, { timeout: 3000 });
