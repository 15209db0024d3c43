// Beside the list: one dialog looked at without marking anything as read, or what another surface puts there.

import { act, explain } from "./actions.js";
import { get, prefer, Refusal } from "./api.js";
import { $, attr, el, flag, hide, icon, text } from "./dom.js";
import { openExtra } from "./extras.js";
import { openChat } from "./frame.js";
import { focusRow } from "./list.js";
import { autoOff, channelName, crmOf, face, makeRow, nameOf, responsible, setSwitch, silentFor, withKey } from "./row.js";
import { applies, changed, plain, state, switchOf, SWITCHES } from "./state.js";
import { dayAndClock, duration, now } from "./time.js";
import { has, t } from "./words.js";

let parts = null; // nodes of the dialog that is shown
let from = null; // what had the focus before a panel without a dialog took it
let pending = 0; // a row that the keyboard only passes is not asked for
const cards = new Map(); // chat_id -> {version, at, card}: what was looked at is there at once
const KEPT = 40;
const FRESH = 60e3;
const box = () => $("panel");

export function showCard(id, focus = true) {
  if (!state.dialogs.has(id)) return;
  const again = state.panel === "card" && state.shown === id;
  Object.assign(state, { panel: "card", shown: id });
  if (!again) build(id);
  if (focus) enter();
  changed();
}

/** The focus goes to the way out of the panel: Close, or Back where it covers the list. */
function enter() {
  drawPanel();
  [...box().querySelectorAll("button")].find((button) => button.offsetParent)?.focus({ preventScroll: true });
}

export function closePanel() {
  const within = box().contains(document.activeElement);
  const wide = innerWidth >= 1320;
  const id = state.shown;
  Object.assign(state, { panel: null, shown: null });
  parts = null;
  box().replaceChildren();
  if (wide) prefer({ panel: false });
  changed();
  if (within) id || !from?.isConnected ? focusRow(id ?? state.current) : from.focus();
}

const closer = () => el("button.icon-btn.close", { "aria-label": t("desk.close"), onclick: closePanel }, icon("cross"));
const back = () => el("button.icon-btn.back", { "aria-label": t("desk.back"), onclick: closePanel }, icon("back"));

function panelSwitch(key, id) {
  const button = el(`button.psw.psw-${key}`, { onclick: () => button.getAttribute("aria-disabled") !== "true" &&
    act(button.dataset.action, id) },
    icon(key, "s18 off-icon"), icon(key === "silent" ? key : `${key}-on`, "s18 on-icon"), t(`desk.${key}`));
  return button;
}

function queueButton(action, look, name) {
  return el(`button.btn${look}`, { dataset: { action }, title: withKey(t(`desk.hint.${action}`), { answer: "A", skip: "N" }[action]),
    onclick: () => act(action, parts.id) }, icon(name), t(`desk.${action}`));
}

/** Another dialog in the open panel: the keyboard moves on and the panel goes with it. */
export const follow = (id) => { if (state.panel === "card" && state.shown !== id) showCard(id, false); };

function build(id) {
  const avatar = makeRow(id).querySelector(".avatar");
  const open = el("a.btn.btn-fill", { target: "_blank", rel: "noopener", dataset: { open: "" } }, t("desk.open"));
  open.addEventListener("click", (event) => { if (state.inFrame) event.preventDefault(), openChat(state.dialogs.get(id)); });
  parts = {
    id, avatar, open, name: el("h2"), where: el("p"), facts: el("dl.facts-list"), past: el("details.past", { hidden: true }),
    talk: el("div.talk", { tabIndex: 0, role: "region", "aria-label": t("desk.messages") },
      el("p.aside.late", {}, t("desk.messages_loading"))),
    switches: Object.keys(SWITCHES).map((key) => [key, panelSwitch(key, id)]),
    queue: [queueButton("answer", ".btn-fill", "check-m"), queueButton("skip", ".btn-line", "next")], version: "", key: "",
  };
  box().replaceChildren(
    el("div.panel-head", {}, back(), avatar, el("div.grow", {}, parts.name, parts.where), closer()),
    el("div.panel-switches", {}, ...parts.switches.map(([, button]) => button), ...parts.queue),
    parts.facts, parts.past, parts.talk, el("div.panel-foot", {}, open));
  const known = cards.get(id);
  if (known) fillCard(known.card);
}

export function drawPanel() {
  hide(box(), !state.panel);
  flag(document.body, "with-panel", state.panel);
  if (state.panel !== "card" || !parts) return;
  const dialog = state.dialogs.get(parts.id);
  if (!dialog) return closePanel();
  face(parts.avatar, dialog);
  parts.name.replaceChildren(nameOf(dialog));
  text(parts.where, [channelName(dialog), dialog.line_name].filter(Boolean).join(" · "));
  parts.open.href = dialog.open_url;
  for (const [key, button] of parts.switches) {
    setSwitch(button, dialog, key);
    hide(button, dialog.stage === "queue");
  }
  parts.queue.forEach((button) => {
    hide(button, !applies(dialog, button.dataset.action));
    attr(button, "aria-busy", state.marks.get(`${parts.id}/queue`)?.phase === "sending" ? "true" : null);
  });
  parts.open.className = `btn btn-${applies(dialog, "answer") ? "line" : "fill"}`;
  const facts = [[t("desk.fact.responsible"), responsible(dialog)]];
  if (dialog.pinned) facts.push([t("desk.past.pin"), whoPinned(cards.get(parts.id)?.card)]);
  if (dialog.silent) facts.push([t("desk.silent"),
    [silentFor(dialog) ? t("desk.fact.silent_for", { time: duration(silentFor(dialog)) }) : t("desk.past.silence"),
    autoOff(dialog)].filter(Boolean).join(". ")]);
  else if (dialog.silent === null && dialog.stage !== "queue") facts.push([t("desk.silent"), t("desk.fact.silent_unknown")]);
  if (dialog.waiting_since && dialog.stage === "work") facts.push([t("desk.column.waiting"),
    duration(now() - Date.parse(dialog.waiting_since))]);
  if (dialog.reply_closed) facts.push([t("desk.fact.window"), t("desk.fact.closed")]);
  else if (dialog.reply_until) facts.push([t("desk.fact.window"), t("desk.fact.until", { at: dayAndClock(dialog.reply_until) })]);
  const crm = crmLinks(dialog);
  if (crm.length) facts.push([t("desk.fact.crm"), crm]);
  const key = JSON.stringify([dialog.mine, facts.map(String), dialog.crm]);
  if (parts.facts.dataset.key !== key) {
    parts.facts.dataset.key = key;
    parts.facts.replaceChildren(...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, ...[value].flat())]));
  }
  const version = [dialog.last_message?.at, dialog.unread, dialog.pinned, dialog.silent, dialog.top, dialog.stage].join();
  if (state.ghosts.has(parts.id)) clearTimeout(pending); // it left: nothing new can be had
  else if (parts.version !== version) askCard(version);
}

function askCard(version) {
  parts.version = version;
  const known = cards.get(parts.id);
  clearTimeout(pending);
  if (known?.version !== version || now() - known.at > FRESH) pending = setTimeout(loadCard, known ? 250 : 120, parts, version);
}

/** Who pinned it, as far as it was done here: the portal does not tell. */
function whoPinned(card) {
  const entry = card?.journal.find(({ action, results }) => plain(action) === "pin" &&
    results.some(({ chat_id: id, outcome }) => id === parts.id && outcome === "done"));
  if (!card) return "…";
  return entry ? t("desk.fact.pinned_by", { name: entry.by?.name ?? t(entry.by ? "desk.colleague" : "desk.you"),
    at: dayAndClock(entry.at) }) : t("desk.fact.pinned_elsewhere");
}

/** Links to the bound CRM entities, with the language's comma between. */
const crmLinks = (dialog) => crmOf(dialog).flatMap(({ type, id }, at) => [
  at ? t("desk.comma") : "", el("a", { href: `${state.portal}/crm/${type}/details/${id}/`, target: "_blank", rel: "noopener" },
    t(`desk.crm.${type}`, { id: String(id) }))]);

async function loadCard(mine, version) {
  try {
    const card = await get(`/api/dialogs/${mine.id}`);
    cards.delete(mine.id); // the newest stands last
    cards.set(mine.id, { version, at: now(), card });
    if (cards.size > KEPT) cards.delete(cards.keys().next().value);
    if (parts === mine) fillCard(card), changed();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (parts === mine && !mine.key) mine.talk.replaceChildren(el("p.aside", {}, explain(error)));
  }
}

/** What was said and done in it. */
const fillCard = (card) => openExtra("talk", parts, card);

/** The panel with a title and a body of its own; returns the body. */
export function openPanel(kind, title, body = el("div.panel-body")) {
  from = document.activeElement;
  Object.assign(state, { panel: kind, shown: null });
  parts = null;
  box().replaceChildren(el("div.panel-head", {}, back(), el("div.grow", {}, el("h2", {}, title)), closer()), body);
  enter();
  changed();
  return body;
}

/** What one entry of the journal did to this dialog, and who did it. */
export function changeOf(entry, id) {
  const found = entry.results.find((result) => result.chat_id === id);
  const did = `desk.past.${plain(entry.action)}`;
  const words = found?.outcome === "done" && has(did) ? t(did) : found?.message || entryTitle(entry);
  return [words, entry.by ? entry.by.name ?? t("desk.colleague") : entry.source !== "auto" && t("desk.you")].filter(Boolean).join(" · ");
}

export function entryTitle(entry) {
  const did = plain(entry.action);
  const { on, off } = (entry.source === "undo" && SWITCHES[switchOf(did)]) || {};
  const act = on ? (did === on ? off : on) : did; // an undo is named by what it took back
  const one = entry.results.length === 1;
  const what = has(`desk.entry.${act}.one`) ? t(`desk.entry.${act}.${one ? "one" : "many"}`,
    { name: entry.results[0]?.client_name ?? "", n: entry.results.length }) : entry.action;
  return on ? t("desk.entry.undid", { what }) : what;
}
