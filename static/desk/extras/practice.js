// Ninety seconds on made-up dialogs: the rows are the desk's own, the portal hears nothing of it.

import { greeted, openPage, surface } from "./kit.js";

const [MARTA, LEA, THIAGO, GUEST, YUSUF] = [-1, -2, -3, -4, -5]; // no chat of a portal has such a number
const STEPS = [
  { id: "pin", chat: MARTA, key: "pin", done: ({ dialogs }) => dialogs.get(MARTA).pinned },
  { id: "unsilence", chat: LEA, key: "silent", done: ({ dialogs }) => !dialogs.get(LEA).silent },
  { id: "refused", chat: YUSUF, key: "pin", done: ({ refused }) => refused },
  { id: "top", chat: THIAGO, key: "top", done: ({ dialogs }) => dialogs.get(THIAGO).top },
  { id: "undo", chat: THIAGO, key: null, done: ({ undone }) => undone },
];
const ANSWER_MS = 450; // about what a portal takes

function people({ t, now, state }) {
  const ago = (minutes) => new Date(now() - minutes * 60e3).toISOString();
  const make = (chat_id, client_name, connector, said, minutes, more = {}) => ({
    chat_id, client_name, connector, line_name: t("extra.practice.line"), line_id: 0, stage: "work", status: 20, mine: true,
    responsible: { user_id: state.me?.user_id, name: null },
    pinned: false, silent: false, silent_source: null, silent_since: null, top: false, top_rank: null, unread: 0, crm: [], open_url: "#",
    dialog_id: "", title: client_name, session_id: chat_id,
    last_message: { text: t(`extra.practice.said${said}`), at: ago(minutes), author: "client", author_name: null },
    waiting_since: ago(minutes), reply_until: null, reply_closed: false, ...more });
  return new Map([
    make(MARTA, "Marta Kowalska", "whatsapp", 1, 12, { unread: 2 }),
    make(LEA, "Léa Fontaine", "telegrambot", 2, 7, { silent: true, silent_source: "portal" }),
    make(THIAGO, "Thiago Albuquerque", "instagram", 3, 34, { stage: "answered", waiting_since: null }),
    make(GUEST, "Olga Petrova", "viber", 4, 3, { unread: 1 }),
    make(YUSUF, "Yusuf Haddad", "livechat", 5, 5, { mine: false, responsible: { user_id: 0, name: "Anna Lindqvist" } }),
  ].map((dialog) => [dialog.chat_id, dialog]));
}

export const open = surface((desk) => {
  const { el, icon, t, setting } = desk;
  const card = el("div.practice-step");
  const dots = el("ol.dots", { "aria-hidden": "true" });
  const rows = el("div.scroll", { role: "rowgroup" });
  const page = openPage(desk, "practice", t("desk.surface.practice"), [], () => drop(desk, play));
  page.body.classList.add("practice");
  page.body.append(el("div.practice-head", {}, card, dots),
    el("div.list-card", {}, el("div.list", { role: "grid", "aria-label": t("extra.practice.list") }, rows)),
    el("p.aside", {}, icon("lock", "s16"), t("extra.practice.lead")));
  const play = { dialogs: null, step: 0, current: MARTA, refused: false, undone: false, last: null, nodes: new Map() };
  const api = { desk, play, card, dots, rows, page, keys: setting("shortcuts") };
  rows.addEventListener("click", (event) => onClick(api, event));
  rows.addEventListener("keydown", (event) => onKey(api, event));
  begin(api);
});

function begin(api) {
  const { desk, play, rows } = api;
  drop(desk, play);
  Object.assign(play, { dialogs: people(desk), step: 0, current: MARTA, refused: false, undone: false, last: null });
  play.nodes = new Map([...play.dialogs.keys()].map((id) => {
    const row = desk.makeRow(id);
    delete row.dataset.chatId;
    row.dataset.practice = String(-id);
    return [id, row];
  }));
  rows.replaceChildren(...play.nodes.values());
  draw(api);
}

function drop({ mark }, play) {
  for (const id of play.nodes.keys()) for (const action of ["pin", "top", "silence"]) mark(id, action, null);
}

function draw(api) {
  const { desk, play, dots } = api;
  const { el } = desk;
  let index = 1;
  for (const [id, row] of play.nodes) {
    desk.setRow(row, play.dialogs.get(id), index++);
    row.tabIndex = id === play.current ? 0 : -1;
    row.classList.toggle("asked", STEPS[play.step]?.chat === id);
    row.querySelector(".c-more").hidden = true;
    for (const pick of row.querySelectorAll(".pick input")) pick.hidden = true;
  }
  dots.replaceChildren(...STEPS.map((_, at) => el(`li${at < play.step ? ".done" : at === play.step ? ".now" : ""}`)));
  drawStep(api);
}

function drawStep(api) {
  const { desk, play, card, page, keys } = api;
  const { el, icon, t, keyOf } = desk;
  const step = STEPS[play.step];
  const key = `${play.step}`;
  if (card.dataset.key === key) return;
  card.dataset.key = key;
  if (!step) return finish(api);
  const name = play.dialogs.get(step.chat).client_name;
  const caps = `${keys === "modifier" ? "Alt " : ""}${step.key ? keyOf(step.key) : "U"}`.split(" ").map((cap) => el("kbd", {}, cap));
  const [before, after] = t("extra.practice.or_key").split("{key}");
  card.replaceChildren(...[el("p.count-of", {}, t("extra.practice.step", { n: play.step + 1, total: STEPS.length })),
    play.learned && el("p.learned", {}, icon("check-s", "s16"), play.learned), el("h2", {}, t(`extra.practice.${step.id}`, { name })),
    el("p.how", {}, t(`extra.practice.how_${step.id}`),
      ...(keys !== "off" ? [" ", before, ...caps.flatMap((cap) => [cap, " "]), after] : [])),
    step.id === "undo" && el("button.btn.btn-tint", { onclick: () => takeBack(api) }, icon("undo", "s18"),
      t("desk.undo"))].filter(Boolean));
  desk.say([play.learned, t(`extra.practice.${step.id}`, { name })].filter(Boolean).join(" "));
  play.learned = "";
  page.body.scrollTop = 0;
}

function finish({ desk, card, play, page, ...rest }) {
  const { el, icon, t } = desk;
  greeted(desk, { practice: true });
  const go = el("button.btn.btn-fill", { onclick: () => page.leave() }, t("extra.practice.go"));
  card.replaceChildren(el("p.learned", {}, icon("check-s", "s16"),
    t("extra.practice.undone", { name: play.dialogs.get(THIAGO).client_name })), el("h2", {}, t("extra.practice.end")),
    el("p", {}, t("extra.practice.end_text")),
    el("div.buttons", {}, go, el("button.btn.btn-line",
      { onclick: () => { begin({ desk, card, play, page, ...rest }); play.nodes.get(MARTA).focus(); } }, t("extra.practice.again"))));
  go.focus({ preventScroll: true });
  desk.say(t("extra.practice.end"));
}

function advance(api) {
  const { play } = api;
  if (STEPS[play.step]?.done(play)) play.step++;
  draw(api);
}

function onClick(api, event) {
  const row = event.target.closest(".row");
  const id = row && -Number(row.dataset.practice);
  if (!id) return;
  api.play.current = id;
  const button = event.target.closest("[data-switch]");
  if (button) flip(api, id, button.dataset.switch);
  else row.focus();
  draw(api);
}

const KEYS = { p: "pin", t: "top", S: "silent" };

function onKey(api, event) {
  const { play } = api;
  const ids = [...play.nodes.keys()];
  const at = ids.indexOf(play.current);
  const row = event.target.closest(".row");
  const single = api.keys === "on" || (api.keys === "modifier" && event.altKey);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") move(api,
    ids[Math.max(0, Math.min(ids.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)))]);
  else if (event.key === "ArrowRight" || event.key === "ArrowLeft") along(row,
    (event.key === "ArrowRight") === (document.dir !== "rtl") ? 1 : -1);
  else if (single && KEYS[event.key]) flip(api, play.current, KEYS[event.key]);
  else if (single && event.key === "u") takeBack(api);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function move(api, id) {
  api.play.current = id;
  draw(api);
  api.play.nodes.get(id).focus();
}

function along(row, by) {
  const controls = [...row.querySelectorAll(".sw")].filter((node) => node.offsetParent);
  const at = controls.indexOf(document.activeElement) + by;
  if (at < 0) row.focus();
  else controls[Math.min(at, controls.length - 1)].focus();
}

/** One switch: sent, then "read back", as on the desk. */
function flip(api, id, key) {
  const { desk, play } = api;
  const dialog = play.dialogs.get(id);
  if (!dialog || play.busy) return;
  if (key === "pin" && !dialog.mine) {
    desk.say(desk.t("desk.hint.not_mine", { name: dialog.responsible.name }));
    play.refused = true;
    if (STEPS[play.step]?.id === "refused") play.learned = desk.t("extra.practice.learned_refused");
    return advance(api);
  }
  const action = desk.nextAction(dialog, key);
  play.busy = true;
  desk.mark(id, action, "sending");
  draw(api);
  setTimeout(() => settle(api, id, key, action), ANSWER_MS);
}

function settle(api, id, key, action) {
  const { desk, play, page } = api;
  play.busy = false;
  if (!page.node.isConnected) return;
  change(play, id, key);
  play.last = { id, key };
  desk.mark(id, action, "done");
  desk.say(desk.t(`desk.said.${action}`, { name: play.dialogs.get(id).client_name }));
  advance(api);
  setTimeout(() => page.node.isConnected && draw(api), 1300);
}

function change(play, id, key) {
  const field = { pin: "pinned", top: "top", silent: "silent" }[key];
  const dialog = play.dialogs.get(id);
  play.dialogs.set(id, { ...dialog, [field]: !dialog[field], silent_source: "portal" });
}

function takeBack(api) {
  const { desk, play } = api;
  if (!play.last || play.busy) return desk.say(desk.t("desk.undo_nothing"));
  change(play, play.last.id, play.last.key);
  desk.say(desk.t("desk.undone", { what: play.dialogs.get(play.last.id).client_name }));
  if (STEPS[play.step]?.id === "undo") play.undone = true;
  play.last = null;
  advance(api);
}
