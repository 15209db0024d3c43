// Many dialogs at once: the selection, the docked bar with its promises, and runs in shares that can be stopped.

import { abandon, begin, explain, manyDone, mark, sentence, settle, tally, undoButton } from "./actions.js";
import { drop, post, Refusal } from "./api.js";
import { $, el, hide, icon, toRow } from "./dom.js";
import { openExtra } from "./extras.js";
import { openMenu } from "./menu.js";
import { refreshSoon } from "./polling.js";
import { applies, changed, plain, state, switchOf } from "./state.js";
import { say, toast } from "./toast.js";
import { duration } from "./time.js";
import { matching, sequence } from "./views.js";
import { t } from "./words.js";

const FIRST_SHARE = 10;
const pickable = (dialog) => dialog.stage !== "queue" && !state.ghosts.has(dialog.chat_id);

export const picked = () => [...state.picked].map((id) => state.dialogs.get(id)).filter(Boolean);
const all = () => [...state.dialogs.values()];
export const targets = (action, from = all()) => from.filter((dialog) => applies(dialog, plain(action)));

let anchor = null;
export function pick(id, on = !state.picked.has(id)) {
  const dialog = state.dialogs.get(id);
  if (!dialog || !pickable(dialog)) return;
  if (on) state.picked.add(id);
  else state.picked.delete(id);
  anchor = id;
  spread = [];
  changed();
}

let spread = []; // what the last range added: the next one from the same anchor replaces it
/** Everything between the last pick and this row; a smaller range gives back what a larger one took. */
export function pickRange(id) {
  const ids = sequence();
  const start = ids.includes(anchor) ? anchor : (anchor = state.current ?? id);
  const [from, to] = [ids.indexOf(start), ids.indexOf(id)].sort((a, b) => a - b);
  for (const known of spread) state.picked.delete(known);
  spread = ids.slice(Math.max(0, from), to + 1).filter((known) => pickable(state.dialogs.get(known)) && !state.picked.has(known));
  for (const known of spread) state.picked.add(known);
  changed();
}

export function pickAll(on = true) {
  state.picked.clear();
  spread = [];
  if (on) for (const dialog of matching().filter(pickable)) state.picked.add(dialog.chat_id);
  changed();
}

/** Asks before Pin all, Unpin all and several Silents; anything else starts at once. What goes on (`stored`) was asked,
    but several Silents are asked for each time. */
export function start(action, dialogs = picked(), stored = null) {
  const chosen = targets(action, dialogs);
  const wanted = new Set(chosen.map((dialog) => dialog.chat_id));
  // From the top of the list: the most urgent first, what is not on screen last.
  const go = () => run(action, [...new Set([...sequence(), ...wanted])].filter((id) => wanted.has(id)), stored);
  const asks = (action.endsWith("_all") && !stored) || (action === "silence" && chosen.length > 1);
  if (asks) openExtra("asks", "preview", action, chosen, go);
  else if (chosen.length) go();
}

const share = (progress) => Math.min(progress.size, state.limit, progress.left.length);

/** Carries a run out, share by share. What a share did not reach ("failed") goes back into the queue. */
export async function run(action, ids, stored = null) {
  if (state.run && !state.run.ended) return say(t("desk.run.one_at_a_time"));
  const whole = action.endsWith("_all") && ids.length <= state.limit;
  const progress = { action, left: [...ids], total: stored?.total ?? ids.length, results: new Map(), began: performance.now(),
    size: FIRST_SHARE, undo: stored?.undo ?? null, stop: false };
  state.run = progress;
  state.picked.clear();
  changed();
  try {
    progress.id = stored?.run ?? (whole ? crypto.randomUUID() : (await post("/api/runs", { action: plain(action), chat_ids: ids })).run);
    for (let idle = 0; progress.left.length && !progress.stop && idle < 3;) {
      const chunk = whole ? progress.left : progress.left.slice(0, share(progress));
      const asked = performance.now();
      begin(plain(action), (progress.chunk = chunk));
      const answer = await patiently(progress, () =>
        whole ? post(`/api/actions/${action}`, { run: progress.id })
          : post(`/api/actions/${plain(action)}`, { chat_ids: chunk, run: progress.id }));
      idle = take(progress, chunk, answer) ? 0 : idle + 1;
      const took = performance.now() - asked;
      progress.size = took < 2500 ? progress.size * 2 : took > 6000 ? Math.ceil(progress.size / 2) : progress.size;
      changed();
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    progress.trouble = explain(error, plain(action));
    abandon(plain(action), progress.chunk ?? [], error);
  }
  end(progress);
}

/** A busy portal is waited for, at most five times; Stop ends the wait as well. */
async function patiently(progress, send) {
  for (let tries = 0; ; tries++) {
    try {
      return await send();
    } catch (error) {
      if (error.code !== "portal_busy" || tries >= 5 || progress.stop) throw error;
      state.link = { state: "busy" };
      changed();
      for (let s = 0; s < (error.retryAfter ?? 5) && !progress.stop; s++) await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

function take(progress, chunk, answer) {
  settle(answer, progress.action);
  const told = new Map(answer.results.map((result) => [result.chat_id, result]));
  const again = chunk.filter((id) => told.get(id)?.outcome === "failed");
  for (const result of answer.results) progress.results.set(result.chat_id, result);
  for (const id of chunk) if (!told.has(id)) mark(id, plain(progress.action), null);
  const rest = progress.left.filter((id) => !chunk.includes(id));
  progress.left = [...rest, ...again];
  progress.undo = answer.undo ?? progress.undo;
  return again.length < chunk.length;
}

function end(progress) {
  const results = [...progress.results.values()];
  progress.ended = true;
  const { good, bad, unsure } = tally(results);
  const stopped = progress.stop && progress.left.length && t("desk.run.stopped", { n: progress.total - progress.left.length,
    total: progress.total });
  const words = [stopped, (!stopped || bad.length || unsure.length) && sentence(progress.action, results)]
    .filter((told) => told && results.length).concat(progress.trouble ?? []).join(" ") || t("desk.run.nothing");
  say(words);
  progress.words = words;
  const idle = progress.stop && !results.length && !progress.trouble; // stopped before anything: nothing to go on with
  if (idle) forgetRun(progress), toast(words);
  else if (!bad.length && !unsure.length && !progress.trouble && !progress.left.length) {
    state.run = null;
    toast(good.length === 1 ? words : manyDone(progress.action, good),
      ...(progress.undo ? [undoButton(progress.undo)] : []));
  }
  refreshSoon(1);
  changed();
}

const wordButton = (words, look, onclick, name, dataset = {}, title = "") =>
  el(`button.btn${look}`, { onclick, dataset, title }, name && icon(name), words);
const closeButton = (words, onclick) => el("button.icon-btn", { onclick, "aria-label": words, title: words }, icon("cross"));

function selectionBar() {
  const chosen = picked();
  const every = matching().filter(pickable).length;
  const queued = matching().filter((dialog) => dialog.stage === "queue").length;
  const count = (action) => targets(action, chosen).length;
  const offer = (action, look, name) => count(action) > 0 &&
    wordButton(t(`desk.do.${action}`, { n: count(action) }), look, () => start(action), name, { action });
  const more = ["unsilence", "silence", "untop"].filter((action) => count(action));
  const menu = () => openMenu(dots, more.map((action) => ({
    label: t(`desk.do.${action}`, { n: count(action) }), icon: switchOf(action), danger: action === "silence",
    dataset: action === "silence" && count(action) > 1 ? { preview: action } : { action }, run: () => start(action) })));
  const dots = el("button.icon-btn", { "aria-label": t("desk.more"), "aria-haspopup": "menu", "aria-expanded": "false", onclick: menu },
    icon("more"));
  return [
    el("span.strong.num", {}, t("desk.selected", { n: chosen.length })),
    every > chosen.length && wordButton(t("desk.select_all", { n: every }), ".btn-link", () => pickAll(), null, {},
      queued && t("desk.ask.pin.queue", { n: queued })),
    el("span.sep"),
    offer("pin", ".btn-tint", "pin"), offer("unpin", "", "unpin"), offer("top", "", "top"),
    more.length > 0 && dots,
    el("span.space"),
    closeButton(t("desk.clear_selection"), () => pickAll(false)),
  ];
}

function facts(progress) {
  const { good, bad, unsure } = tally([...progress.results.values()].filter((result) => progress.ended || result.outcome !== "failed"));
  const base = plain(progress.action);
  return el("span.facts.num", {},
    good.length > 0 && el("span.ok", {}, icon("check-s", "s16"), t(`desk.sum.${base}`, { n: good.length })),
    bad.length > 0 && el("span.warn", {}, icon("alert", "s16"), t("desk.sum.not", { n: bad.length })),
    unsure.length > 0 && el("span", {}, t("desk.sum.unsure", { n: unsure.length })));
}

function progressBar(progress) {
  const done = progress.total - progress.left.length;
  const line = el("i");
  line.style.transform = `scaleX(${progress.total ? done / progress.total : 0})`;
  const left = done > 0 && !progress.stop ? ((performance.now() - progress.began) / done) * progress.left.length : 0;
  return [
    el("span.progress", { role: "progressbar", "aria-label": t("desk.run.label"), "aria-valuemin": 0, "aria-valuemax": progress.total,
      "aria-valuenow": done }, line),
    el("span.strong.num", {}, t(`desk.run.${plain(progress.action)}`, { n: done, total: progress.total })),
    left > 1000 && el("span.fade", {}, t("desk.run.left", { time: duration(left) })),
    facts(progress),
    el("span.space"),
    progress.stop ? el("span.fade", {}, t("desk.run.stopping"))
      : wordButton(t("desk.stop"), ".btn-line.stop", () => { progress.stop = true; changed(); }, null, { stop: "" }),
  ];
}

/** Nothing of it is left to do, and its bar goes. */
export function forgetRun({ id, left }) {
  if (left.length) drop(`/api/runs/${id}`).catch(() => {});
  state.run = null;
  changed();
}

let drawn = "";
let wasMode = "";
export function drawDock() {
  const { run: progress } = state;
  const mode = progress && !progress.ended ? "running" : state.picked.size ? "picked" : progress ? "ended" : "";
  const dock = $("dock");
  hide(dock, !mode);
  document.body.classList.toggle("with-dock", !!mode);
  queueMicrotask(() => document.body.style.setProperty("--pl-dock", `${dock.offsetHeight}px`)); // where a toast may begin
  const key = mode === "picked"
    ? [mode, matching().length, ...picked().map((dialog) => `${dialog.chat_id}${dialog.pinned}${dialog.top}${dialog.silent}`)].join()
    : [mode, progress?.id, progress?.left.length, progress?.results.size, progress?.stop,
      mode === "ended" && targets(progress.action).map((dialog) => dialog.chat_id)].join();
  if (key === drawn) return;
  drawn = key;
  const focused = [...dock.querySelectorAll("button")].indexOf(document.activeElement);
  const same = mode === wasMode;
  wasMode = mode;
  dock.classList.toggle("picked-bar", mode === "picked");
  // The bar of an end is its words first; extras/ended.js adds what can be done, and renews only that.
  if (mode !== "ended" || !same) dock.replaceChildren(...(mode === "picked" ? selectionBar() : mode === "running" ? progressBar(progress)
    : mode ? [el("span.strong", {}, progress.words)] : []).filter(Boolean));
  if (mode === "ended") openExtra("ended", dock, progress);
  if (focused >= 0) { // never by itself onto a button of another bar: Stop, Undo
    const buttons = same ? dock.querySelectorAll("button") : [];
    buttons.length ? buttons[Math.min(focused, buttons.length - 1)].focus() : toRow();
  }
}
