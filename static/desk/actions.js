// What a click does: show at once what is wanted, ask the app, and then show what was read back, never more.

import { post, Refusal } from "./api.js";
import { el } from "./dom.js";
import { openExtra } from "./extras.js";
import { openChat } from "./frame.js";
import { nodeOf } from "./list.js";
import { refreshSoon } from "./polling.js";
import { nameOf } from "./row.js";
import { applies, changed, isOn, plain, QUEUE_ACTIONS, state, switchOf, turns } from "./state.js";
import { now } from "./time.js";
import { lastUndo, rememberUndo, say, toast } from "./toast.js";
import { has, t } from "./words.js";

const NOTE_TIME = { done: 1200, bad: 60000 };
export let lastWrite = 0; // a list asked for before this moment says nothing about now

const markKey = (id, action) => `${id}/${switchOf(action) ?? "queue"}`;

/** `ends` (ms): only a list of after this moment can tell that it was not carried out. */
export function mark(id, action, phase, words = "", ends = now()) {
  const key = markKey(id, action);
  if (!phase) state.marks.delete(key);
  else {
    const made = { action, phase, text: words, since: performance.now(), at: now(), ends };
    state.marks.set(key, made);
    if (NOTE_TIME[phase]) setTimeout(() => { if (state.marks.get(key) === made) state.marks.delete(key), changed(); }, NOTE_TIME[phase]);
  }
}

const isBusy = (id, action) => state.marks.get(markKey(id, action))?.phase === "sending";

export function begin(action, ids) {
  lastWrite = performance.now();
  for (const id of ids) mark(id, action, "sending");
  changed();
}

/** What was asked and has no answer: refused, or, when the connection broke, unsure until a list tells. */
export function abandon(action, ids, error) {
  for (const id of ids) {
    // The app may only just have begun: it ends a click in time, whether or not it can still tell.
    if (error.code === "lost") mark(id, action, "unsure", t("desk.code.lost"), now() + state.click);
    else mark(id, action, "bad", explain(error, action));
  }
  changed();
}

/** A dialog left the list: its row says why, stays six seconds (longer while the reason is being asked for, or
    while the focus is in it) and folds away. */
export function leave(id, words, code = "unknown", stays = 6000) {
  const known = state.ghosts.get(id);
  if (!state.dialogs.has(id) || known?.code || known?.fold) return;
  clearTimeout(known?.timer);
  const ghost = { text: words, code };
  const end = () => {
    if (nodeOf(id)?.contains(document.activeElement)) ghost.timer = setTimeout(end, 2000);
    else dismiss(id);
  };
  ghost.timer = setTimeout(end, stays);
  state.ghosts.set(id, ghost);
  state.picked.delete(id);
}

/** Folds the row away and forgets its dialog. */
export function dismiss(id) {
  const ghost = state.ghosts.get(id);
  if (ghost && !ghost.fold) {
    ghost.fold = true;
    ghost.timer = setTimeout(() => forget(id), 200);
    changed();
  }
}

function forget(id) {
  clearTimeout(state.ghosts.get(id)?.timer);
  state.ghosts.delete(id);
  state.dialogs.delete(id);
  changed();
}

function merge(dialogs) {
  for (const dialog of dialogs ?? []) {
    clearTimeout(state.ghosts.get(dialog.chat_id)?.timer);
    state.ghosts.delete(dialog.chat_id);
    state.dialogs.set(dialog.chat_id, dialog);
  }
}

export const gone = (code) => t(has("desk.gone." + code) ? "desk.gone." + code : "desk.gone.unknown");
// The portal said yes, and the list right behind it shows no: it was busy with this dialog.
const missed = ({ outcome, code }) => outcome === "unconfirmed" && code === "not_seen";
export const reason = (result, action) => {
  if (missed(result)) return t(`desk.not.${plain(action)}`, { why: t("desk.code.not_seen") });
  if (result.message) return result.message;
  if (result.outcome === "gone") return gone(result.code);
  const known = `desk.code.${result.code}`;
  return t(`desk.not.${plain(action)}`, { why: has(known) ? t(known) : t("desk.code.none") });
};

const isHere = ({ code }) => code === "here_only"; // Top that the portal itself does not show
const alsoHere = (good) => (good.some(isHere) ? `. ${t("desk.here_only")}` : "");
export const manyDone = (action, good) => t(`desk.toast.${plain(action)}.many`, { n: good.length }) + alsoHere(good);

/** Takes an answer of an action or an undo into the page. */
export function settle(answer, action = answer.action) {
  lastWrite = performance.now();
  merge(answer.dialogs);
  state.asOf = Math.max(state.asOf, Date.parse(answer.as_of) || 0);
  const act = plain(action);
  for (const result of answer.results) {
    const id = result.chat_id;
    if (!switchOf(act) && !QUEUE_ACTIONS.includes(act)) continue;
    if (result.outcome === "done" && act === "skip") mark(id, act, null), leave(id, t("desk.gone.skipped"), "skipped");
    else if (result.outcome === "done") mark(id, act, "done", isHere(result) ? t("desk.here_only") : "");
    else if (result.outcome === "already" || (result.outcome === "unconfirmed" && result.code === "not_told")) mark(id, act, null);
    else if (result.outcome === "unconfirmed" && !missed(result)) // a portal that gave no answer may still be at it
      mark(id, act, "unsure", "", now() + (result.code === "timeout" ? state.click : 0));
    else if (result.outcome === "gone") mark(id, act, null), leave(id, gone(result.code), result.code || "unknown");
    else mark(id, act, "bad", reason(result, act));
  }
  if (answer.undo) rememberUndo(answer.undo);
  changed();
}

/** A list of the moment `asOf` settles what was not confirmed; true while something is still open. */
export function settleUnsure(asOf) {
  let open = false;
  for (const [key, { phase, action, text: why, at, ends }] of state.marks) {
    const id = Number(key.split("/")[0]);
    const dialog = state.dialogs.get(id);
    const seen = dialog && (switchOf(action) ? isOn(dialog, switchOf(action)) === turns(action) : action === "answer" && dialog.mine);
    if (phase === "bad" && seen) state.marks.delete(key);
    if (phase !== "unsure") continue;
    if (asOf <= (seen ? at : ends)) open = true;
    else if (!dialog) state.marks.delete(key);
    else if (seen) mark(id, action, "done");
    else mark(id, action, "bad", t(`desk.not.${action}`, { why: why || t("desk.code.none") }));
  }
  return open;
}

const WORKED = new Set(["done", "already", "unsupported"]);
export function tally(results) {
  const told = (result) => result.outcome === "unconfirmed" && result.code === "not_told";
  const good = results.filter((result) => result.outcome === "done" || told(result));
  const unsure = results.filter((result) => result.outcome === "unconfirmed" && !told(result) && !missed(result));
  return { good, unsure, already: results.filter((result) => result.outcome === "already"),
    bad: results.filter((result) => missed(result) || (!WORKED.has(result.outcome) && result.outcome !== "unconfirmed")) };
}

export function sentence(action, results) {
  const act = plain(action);
  const { good, bad, unsure, already } = tally(results);
  if (results.length === 1) {
    const [only] = results;
    if (good.length) return isHere(only) ? only.message : t(`desk.said.${act}`, { name: only.client_name });
    return (!missed(only) && only.message) ||
      (already.length ? t("desk.said.already", { name: only.client_name }) : unsure.length ? t("desk.note.unsure") : reason(only, act));
  }
  const parts = [t(`desk.sum.${act}`, { n: good.length })];
  if (already.length) parts.push(t("desk.sum.already", { n: already.length }));
  if (unsure.length) parts.push(t("desk.sum.unsure", { n: unsure.length }));
  if (bad.length) parts.push(t("desk.sum.not", { n: bad.length }));
  return `${parts.join(", ")}${alsoHere(good)}.`;
}

export const undoButton = (undo, label = t("desk.undo"), look = "") => el(`button.btn${look}`,
  { onclick: () => openExtra("undo", undo), dataset: { undo: undo.id } }, label);

function report(action, answer) {
  say(sentence(action, answer.results));
  const { good } = tally(answer.results);
  const mine = action === "answer" && good.length && state.dialogs.get(good[0].chat_id);
  if (mine) return toast(t("desk.said.answer", { name: mine.client_name }),
    el("button.btn", { onclick: () => openChat(mine) }, t("desk.open")));
  if (!good.length || !answer.undo) return;
  const [one] = good;
  const told = good.length > 1 ? [manyDone(action, good)] : isHere(one) ? [one.message]
    : [nameOf(one), el("span", {}, t(`desk.toast.${plain(action)}.one`))];
  toast(el("span.of", {}, ...told), undoButton(answer.undo));
}

/** Words for a refusal. What a busy portal did not take is given up: the row says so, without seconds that pass. */
export function explain(error, action) {
  if (action && error.code === "portal_busy") return t(`desk.not.${action}`, { why: t("desk.code.portal_busy") });
  if (error.code === "offline" || error.code === "lost") return t(`desk.${error.code}_action`);
  return error.message && error.message !== error.code ? error.message : t("desk.broken_action");
}

/** One click on one dialog: one request. */
export async function act(action, id) {
  const dialog = state.dialogs.get(id);
  if (!dialog || isBusy(id, action) || state.link.state === "offline" ||
    (QUEUE_ACTIONS.includes(action) && !applies(dialog, action))) return;
  if (switchOf(action) === "pin" && !dialog.mine) {
    const name = dialog.responsible?.name;
    say(name ? t("desk.hint.not_mine", { name }) : t("desk.hint.not_mine_unnamed"));
    return;
  }
  begin(action, [id]);
  try {
    const answer = await post(`/api/actions/${action}`, { chat_ids: [id] });
    settle(answer);
    report(action, answer);
    refreshSoon(5);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    abandon(action, [id], error);
    say(explain(error, action));
    refreshSoon(error.retryAfter ?? 1);
  }
}

/** The latest change, or what the journal has as the newest after a reload. */
export const undoLast = () => openExtra("undo", lastUndo());
