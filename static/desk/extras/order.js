// Another place for a dialog inside Top: shown at once, then as the app keeps it. The whole order is sent, so that
// what the view, the filter or the search hides keeps its place among the others.

let newest = 0;

export async function open(desk, id, by) {
  const { state, sequence, begin, sortNow, focusRow, put, say, explain, changed, refreshSoon, t, Refusal } = desk;
  const shown = sequence().filter((known) => state.dialogs.get(known)?.top && state.dialogs.get(known).stage !== "queue");
  const neighbour = shown[shown.indexOf(id) + by];
  if (!shown.includes(id) || neighbour === undefined) return;
  const top = [...state.dialogs.values()].filter((dialog) => dialog.top && !state.ghosts.has(dialog.chat_id))
    .sort((a, b) => (a.top_rank ?? 1e9) - (b.top_rank ?? 1e9));
  const order = top.map((dialog) => dialog.chat_id).filter((known) => known !== id);
  order.splice(order.indexOf(neighbour) + (by > 0 ? 1 : 0), 0, id);
  const rank = (known, place) => {
    if (state.dialogs.has(known)) state.dialogs.set(known, { ...state.dialogs.get(known), top_rank: place });
  };
  order.forEach(rank);
  begin("top", []); // a list that is on its way knows nothing of this
  const mine = ++newest;
  sortNow();
  focusRow(id);
  try {
    const { dialogs } = await put("/api/top", { chat_ids: order });
    if (mine === newest) for (const dialog of dialogs) state.dialogs.set(dialog.chat_id, dialog);
    say(t("desk.moved", { n: order.indexOf(id) + 1, total: order.length }));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.code !== "lost" && mine === newest) for (const dialog of top) rank(dialog.chat_id, dialog.top_rank);
    say(explain(error));
    refreshSoon(1);
  }
  sortNow();
  changed();
}
