// Takes changes back: what a button or the page remembers, and after a reload the newest change of the journal.

let busy = false;

/** Takes `undo` back; null: the operator's newest change of the last 24 hours, if the journal still has a way. */
export async function open(desk, undo) {
  const { get, now, say, toast, t, explain, Refusal, refreshSoon } = desk;
  if (busy) return;
  busy = true;
  const tell = (words) => { toast(words); say(words); };
  try {
    if (undo) return tell(await take(desk, undo));
    const { entries } = await get("/api/journal?limit=5");
    const newest = entries.find(({ at, source, undo: way }) => way && source !== "auto" && now() - Date.parse(at) < 864e5);
    if (newest) tell(await take(desk, newest.undo));
    else say(t("desk.undo_nothing"));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    tell(error.code === "undo_expired" ? t("desk.undo_ended") : explain(error));
  } finally {
    busy = false;
    refreshSoon(0);
    document.dispatchEvent(new CustomEvent("desk:undone"));
  }
}

/** Asks until nothing is left of a click or a whole run; what became of it, in words. */
async function take({ post, settle, sentence, rememberUndo, toast, t }, undo) {
  const results = new Map();
  let action = "";
  for (let left = undo, tries = 0; left && tries < 200; tries++) {
    toast(t("desk.undoing", { n: left.count }));
    const answer = await post(`/api/undo/${encodeURIComponent(left.id)}`);
    const before = left.count;
    ({ action, undo: left } = answer);
    for (const result of answer.results) results.set(`${result.chat_id}/${result.session_id}`, result);
    settle({ ...answer, undo: null });
    if (left && left.count >= before) break; // no headway: what is left cannot be taken back now
  }
  rememberUndo(null);
  const all = [...results.values()];
  if (!all.length) return t("desk.undo_nothing");
  const what = sentence(action, all);
  return all.some(({ outcome, code }) => outcome === "done" || code === "not_told") ? t("desk.undone", { what }) : what;
}
