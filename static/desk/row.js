// One dialog's row: cloned once from the page's template, then only changed where something differs.

import { $, attr, bdi, el, flag, hide, icon, text, useIcon } from "./dom.js";
import { isOn, nextAction, setting, state, SWITCHES } from "./state.js";
import { clock, dayAndClock, duration, moment, now } from "./time.js";
import { closesIn, isWaiting, WINDOW } from "./views.js";
import { has, t } from "./words.js";

export const MINUTE = 60e3;
const LATE = 25 * MINUTE;
const CHANNELS = ["whatsapp", "telegram", "instagram", "viber", "facebook"];
export const KEY_OF = { pin: "P", top: "T", silent: "Shift+S" };

export function channel(dialog) {
  const connector = (dialog.connector || "").toLowerCase();
  return CHANNELS.find((name) => connector.includes(name)) ?? (connector.includes("livechat") ? "livechat" : "other");
}
export const channelName = (dialog) =>
  has(`desk.channel.${channel(dialog)}`) && channel(dialog) !== "other" ? t(`desk.channel.${channel(dialog)}`)
    : dialog.connector?.replace(/^./, (letter) => letter.toUpperCase()) || t("desk.channel.other");
const CRM = ["lead", "deal", "contact", "company"];
export const crmOf = (dialog) => (dialog.crm ?? []).filter(({ type }) => CRM.includes(type));
export const channelIcon = (name) => (CHANNELS.includes(name) ? name : "message");

function initials(name) {
  const parts = name.replace(/(^|\s)ال/g, "$1").split(/[\s\-–]+/).filter((part) => (/^\p{L}/u).test(part));
  return parts.slice(0, 2).map((part) => [...part][0]).join("").toLocaleUpperCase();
}

/** Fills an avatar (`.avatar` of the row's template, or its clone in the panel). */
export function face(avatar, dialog) {
  const letters = / #\d+$/.test(dialog.client_name) ? "" : initials(dialog.client_name); // the portal's own "Green Guest #17"
  const box = avatar.querySelector(".initials");
  if (avatar.dataset.letters !== letters || !box.firstChild) {
    box.replaceChildren(letters || icon("person"));
    avatar.dataset.letters = letters;
  }
  const badge = avatar.querySelector(".badge");
  attr(badge, "data-channel", channel(dialog));
  useIcon(badge.firstElementChild, channelIcon(channel(dialog)));
}

export function makeRow(id) {
  const row = $("row-template").content.firstElementChild.cloneNode(true);
  row.dataset.chatId = id;
  row.at = (selector) => (row.parts[selector] ??= row.querySelector(selector));
  row.parts = {};
  return row;
}

/** The one note of a row, the first that applies: `{text, look, icon, again}` or null. Nothing hides that Silent is on:
    where the words are cut, the row is red. */
export function noteOf(dialog, mark) {
  const ghost = state.ghosts.get(dialog.chat_id);
  if (ghost) return { text: ghost.text, look: "dim vital",
    icon: { requeued: "queue", closed: "check-m" }[ghost.code] };
  const told = mark?.phase === "bad" ? { text: mark.text, look: "warn vital", icon: "alert" } : mark?.phase === "unsure"
    ? { text: t(`desk.note.${mark.text ? "lost" : "unsure"}`), look: "dim vital", again: true } : null;
  if (dialog.silent) return { ...told, text: [told?.text, silentWords(dialog)].filter(Boolean).join(" · "),
    look: told ? "alert vital" : "alert", icon: "silent", title: told ? "" : autoOff(dialog),
    since: !told && dialog.silent_source !== "here" && silentFor(dialog) >= MINUTE ? ` · ${duration(silentFor(dialog))}` : "" };
  if (told) return told;
  const left = closesIn(dialog);
  if (left < WINDOW) return { text: t("desk.note.window", { time: duration(left) }), look: "warn", icon: "timer" };
  if (dialog.reply_closed || (dialog.reply_until && left === Infinity)) return { text: t("desk.note.window_closed"), look: "warn",
    icon: "timer" };
  if (mark?.phase === "done") return { text: mark.text || t(`desk.past.${mark.action}`), look: "ok", icon: "check-s" };
  return null;
}

export const silentFor = (dialog) => (dialog.silent_since ? now() - Date.parse(dialog.silent_since) : 0);

function silentWords(dialog) {
  if (dialog.silent_source === "here" && dialog.silent_since) return t("desk.note.silent_here", { at: moment(dialog.silent_since) });
  return t("desk.note.silent");
}

/** When Silent ends by itself, in words; empty when it does not. */
export function autoOff(dialog) {
  const after = Number(setting("auto_silent_off"));
  return after && dialog.silent && dialog.silent_since
    ? t("desk.auto_off", { at: clock(Math.max(now(), Date.parse(dialog.silent_since) + after * 60e3)) }) : "";
}

const marksOf = (id) => [...Object.keys(SWITCHES), "queue"].map((key) => state.marks.get(`${id}/${key}`)).filter(Boolean);

export const responsible = (dialog) =>
  dialog.mine ? t("desk.you") : dialog.responsible?.name || (dialog.responsible ? t("desk.colleague") : t("desk.nobody"));

function hint(dialog, key) {
  if (key === "pin" && !dialog.mine) {
    const name = dialog.responsible?.name;
    return name ? t("desk.hint.not_mine", { name }) : t("desk.hint.not_mine_unnamed");
  }
  if (key === "silent" && dialog.silent === null) return t("desk.hint.silent_unknown");
  const words = t(`desk.hint.${key}_${isOn(dialog, key) ? "on" : "off"}`);
  return isOn(dialog, key) ? words : withKey(words, KEY_OF[key]);
}

/** The tooltip names the key while it works. */
export function withKey(words, key) {
  const how = setting("shortcuts");
  return how === "off" ? words : `${words} (${how === "modifier" ? "Alt+" : ""}${key})`;
}

/** Sets one switch (of the row or of the panel) to what is known and what is on its way. */
export function setSwitch(button, dialog, key) {
  const mark = state.marks.get(`${dialog.chat_id}/${key}`);
  const on = isOn(dialog, key);
  const blocked = (key === "pin" && !dialog.mine) || state.link.state === "offline";
  attr(button, "data-action", nextAction(dialog, key));
  attr(button, "aria-pressed", on);
  attr(button, "aria-label", t("desk.switch_name", { switch: t(`desk.${key}`), name: dialog.client_name }));
  attr(button, "title", state.link.state === "offline" ? t("desk.hint.offline") : (key === "silent" && autoOff(dialog)) ||
    hint(dialog, key));
  attr(button, "aria-busy", mark?.phase === "sending" ? "true" : null);
  attr(button, "aria-disabled", blocked ? "true" : null);
  flag(button, "on", on);
  flag(button, "unsure", mark?.phase === "unsure");
  flag(button, "ok", mark?.phase === "done");
  flag(button, "bad", mark?.phase === "bad");
}

function setNote(row, note) {
  const box = row.at(".note");
  attr(box, "title", note ? note.title || note.text + (note.since ?? "") : null);
  const key = note ? [note.look, note.icon, note.text, note.since, note.again].join("|") : "";
  if (box.dataset.key === key) return;
  box.dataset.key = key;
  hide(box, !note);
  box.className = `note ${note?.look ?? ""}`;
  box.replaceChildren();
  if (!note) return;
  if (note.icon) box.append(icon(note.icon, "s16"));
  box.append(el("span", {}, note.text));
  if (note.since) box.append(el("span.for", {}, note.since)); // goes first where there is no room
  if (note.again) box.append(el("button", { tabIndex: -1, dataset: { again: "" } }, t("desk.check_again")));
}

function setSaid(row, message) {
  const by = { me: t("desk.by_me"), operator: message?.author_name ? t("desk.by", { name: message.author_name.split(" ")[0] }) : "" };
  text(row.at(".by"), message ? by[message.author] ?? "" : "");
  text(row.at(".text"), message?.text.replace(/\s+/g, " ") ?? "");
  flag(row.at(".said"), "mine", message && message.author !== "client");
}

export function setRow(row, dialog, index) {
  const marks = marksOf(dialog.chat_id);
  const ghost = state.ghosts.has(dialog.chat_id);
  const queued = dialog.stage === "queue";
  const picked = state.picked.has(dialog.chat_id);
  const note = noteOf(dialog, marks.sort((a, b) => b.since - a.since)[0]);
  attr(row, "aria-rowindex", index);
  attr(row, "aria-selected", picked);
  attr(row, "tabindex", state.current === dialog.chat_id ? 0 : -1);
  flag(row, "picked", picked);
  flag(row, "open", state.panel === "card" && state.shown === dialog.chat_id);
  flag(row, "silent", dialog.silent === true && !ghost);
  flag(row, "unread", dialog.unread > 0);
  flag(row, "gone", ghost);
  flag(row, "fold", state.ghosts.get(dialog.chat_id)?.fold);
  face(row.at(".avatar"), dialog);
  const pick = row.at(".pick input");
  pick.checked = picked;
  attr(pick, "aria-label", t("desk.pick", { name: dialog.client_name }));
  hide(pick, ghost || queued);
  text(row.at(".name"), dialog.client_name);
  attr(row.at(".name"), "title", dialog.client_name);
  hide(row.at(".count"), !dialog.unread);
  text(row.at(".count"), dialog.unread > 99 ? "99+" : String(dialog.unread));
  attr(row.at(".count"), "aria-label", dialog.unread ? t("desk.unread_n", { n: dialog.unread }) : null);
  setNote(row, note);
  setSaid(row, dialog.last_message);
  text(row.at(".line bdi"), dialog.line_name);
  setWait(row.at(".wait"), dialog);
  for (const key of Object.keys(SWITCHES)) {
    hide(row.at(`.c-${key}`), queued || ghost);
    if (queued || ghost) attr(row.at(`.sw-${key}`), "data-action", null);
    else setSwitch(row.at(`.sw-${key}`), dialog, key);
  }
  const offered = queued && state.actions.has("answer");
  flag(row, "offered", offered);
  hide(row.at(".c-more"), (queued && !offered) || ghost);
  attr(row.at(".more"), "aria-label", t("desk.more_of", { name: dialog.client_name }));
  hide(row.at(".answer"), !queued || ghost);
  attr(row.at(".answer button"), "data-action", offered && !ghost ? "answer" : null);
  if (queued) {
    const button = row.at(".answer button");
    hide(button, !offered);
    hide(row.at(".answer a"), offered);
    attr(button, "aria-label", `${t("desk.answer")}: ${dialog.client_name}`);
    attr(button, "title", withKey(t("desk.hint.answer"), "A"));
    attr(button, "aria-busy", state.marks.get(`${dialog.chat_id}/queue`)?.phase === "sending" ? "true" : null);
    attr(button, "aria-disabled", state.link.state === "offline" ? "true" : null);
    attr(row.at(".answer a"), "href", dialog.open_url);
    attr(row.at(".answer a"), "aria-label", `${t("desk.open_to_answer")}: ${dialog.client_name}`);
  }
  hide(row.at(".dismiss"), !ghost);
}

function setWait(cell, dialog) {
  const since = isWaiting(dialog) ? Date.parse(dialog.waiting_since) : 0;
  const waited = since ? now() - since : 0;
  text(cell, since ? duration(waited) : dialog.last_message ? moment(dialog.last_message.at) : "");
  flag(cell, "clock", !since);
  flag(cell, "late", waited >= LATE);
  const last = !since && dialog.last_message && t("desk.last_at", { at: dayAndClock(dialog.last_message.at) });
  attr(cell, "title", since ? t("desk.waiting_since", { at: dayAndClock(since) }) : last || null);
  attr(cell, "aria-label", since ? t("desk.waits", { time: duration(waited) }) : last || null);
}

export const nameOf = (dialog) => bdi(dialog.client_name);
