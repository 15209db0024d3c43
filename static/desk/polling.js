// Keeps the list fresh: asks the app, slower while nothing changes, at once when the page is looked at again,
// not at all while it is hidden.

import { gone, lastWrite, leave, settleUnsure } from "./actions.js";
import { ask, Refusal } from "./api.js";
import { changed, state } from "./state.js";
import { say, toast } from "./toast.js";
import { t } from "./words.js";

let base = 15;
let slowest = 60;
let pause = base;
let timer = 0;
let etag = null; // of the last list that was not stale
let tagged = 0; // when that was asked for
let asking = false;
let soon = false; // the next list is wanted at once: it tells why dialogs left
export let nextAt = 0;

export function startPolling(polling) {
  base = polling?.visible_seconds ?? 15;
  slowest = base * 4;
  pause = base;
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : refreshSoon(0)));
  addEventListener("online", () => refreshSoon(0));
  addEventListener("offline", () => { state.link = { state: "offline" }; changed(); });
  // A page without a list asks at once, but gives a busy portal its time.
  plan(state.known ? base : state.trouble?.code === "portal_busy" ? state.trouble.retry_after ?? base : 0);
}

function plan(seconds) {
  clearTimeout(timer);
  nextAt = Date.now() + seconds * 1000;
  if (!document.hidden) timer = setTimeout(refresh, seconds * 1000);
}

export function refreshSoon(seconds = 0) {
  pause = base;
  plan(seconds);
}

const unexplained = new Set(); // left the list, and the next list is to say why

/** Dialogs that are not listed any more say why, in their rows, once aloud, and in a toast where the row is gone
    already. The list that misses a dialog first seldom knows the reason: the next one does. */
function takeLeft(missing, listing) {
  const reasons = new Map(listing.left.map((one) => [one.chat_id, one]));
  const told = [...unexplained].filter((id) => reasons.has(id) && unexplained.delete(id));
  for (const id of missing) {
    if (noticed(listing, "rows_skipped") && !reasons.has(id)) continue; // it may be there, and unreadable
    if ((reasons.get(id)?.code ?? "unknown") === "unknown") {
      unexplained.add(id);
      soon = true;
      leave(id, t("desk.gone.left"), "", 12000);
    } else told.push(id);
  }
  for (const id of told) leave(id, gone(reasons.get(id).code), reasons.get(id).code);
  const known = told.map((id) => reasons.get(id)).filter((one) => one.code !== "unknown" &&
    (!state.only || state.only === one.chat_id));
  if (!known.length) return;
  const words = known.length === 1 ? t("desk.left_one", { why: gone(known[0].code), name: known[0].client_name })
    : t("desk.left_many", { n: known.length });
  say(words);
  if (known.some(({ chat_id: id }) => !state.dialogs.has(id))) toast(words);
}

const noticed = (listing, code) => listing.notices.find((notice) => notice.code === code);

let toldNotice = "";
/** What the app did by itself is said once. */
function takeNotices(listing) {
  const done = noticed(listing, "silent_auto_off");
  if (done && done.message !== toldNotice) say(done.message), toast(done.message);
  toldNotice = done?.message ?? "";
  state.notices = listing.notices.filter((notice) => notice !== done);
}

/** Takes a list into the page: rows that left say so, everything else is replaced. */
export function takeListing(listing) {
  const asOf = Date.parse(listing.as_of);
  if (asOf < state.asOf) return; // older than an answer that is on screen already
  const arrived = new Set(listing.dialogs.map((dialog) => dialog.chat_id));
  for (const [id, ghost] of state.ghosts) {
    if (arrived.has(id)) clearTimeout(ghost.timer), state.ghosts.delete(id);
  }
  takeLeft([...state.dialogs.keys()].filter((id) => !arrived.has(id) && !state.ghosts.has(id)), listing);
  for (const dialog of listing.dialogs) state.dialogs.set(dialog.chat_id, dialog);
  for (const id of state.picked) if (!arrived.has(id)) state.picked.delete(id);
  state.asOf = state.readAt = asOf;
  state.me = listing.operator;
  state.known = true;
  state.trouble = null;
  const busy = noticed(listing, "portal_busy");
  state.link = { state: busy ? "busy" : listing.stale ? "stale" : "ok",
    notice: (busy ?? (listing.stale && listing.notices[0]))?.message };
  takeNotices(listing);
  if (!listing.stale && settleUnsure(asOf)) soon = true;
  return true;
}

function takeTrouble(error) {
  if (error.code === "portal_busy") {
    state.link = { state: "busy" };
    pause = Math.max(base, error.retryAfter ?? 30);
  } else if (error.code === "offline") {
    state.link = { state: "offline" };
    pause = Math.min(pause * 2, slowest);
  } else {
    state.link = { state: "stale", notice: error.code === "session_expired" ? t("desk.session_over") : null };
    pause = Math.min(Math.max(pause * 2, error.retryAfter ?? 0), slowest);
  }
  if (!state.known || error.code === "forbidden") {
    state.trouble = { code: error.code, message: error.message, request_id: error.requestId };
    state.known = state.known && error.code !== "forbidden";
  }
}

export async function refresh() {
  if (asking) return;
  asking = true;
  clearTimeout(timer);
  const started = performance.now();
  const show = setTimeout(() => { if (state.link.state === "ok") state.link = { state: "asking" }, changed(); }, 300);
  try {
    // After a write this page shows more than the list of the etag did: unchanged would say nothing.
    const answer = await ask("GET", "/api/dialogs", undefined, state.known && tagged > lastWrite ? etag : null);
    if (state.link.state === "asking") state.link = { state: "ok" };
    // A list that was on its way while something was written may be older than the write.
    if (lastWrite > started) pause = 1;
    else if (answer.fresh) {
      if (takeListing(answer.data)) etag = answer.data.stale ? null : answer.etag, tagged = started;
      pause = soon ? 4.5 : base; // a list younger than four seconds would be the same one
      soon = false;
    } else {
      // Unchanged is as good as read again.
      state.link = { state: "ok" };
      state.asOf = Math.max(state.asOf, answer.asOf);
      state.readAt = Math.max(state.readAt, answer.asOf);
      soon = settleUnsure(answer.asOf);
      pause = soon ? 4.5 : Math.min(pause * 1.5, slowest);
      soon = false;
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    takeTrouble(error);
  } finally {
    clearTimeout(show);
    asking = false;
    plan(pause * (0.9 + Math.random() * 0.2));
    changed();
  }
}
