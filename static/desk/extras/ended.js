// The bar of a run that ended with something left or refused: its way back, what is left, why.

/** Fills the docked bar behind its words, unless another bar took its place meanwhile. Without a bar: offers a stored run. */
export function open(desk, dock, progress) {
  if (!dock) return offer(desk, progress);
  const { el, icon, t, state, changed, targets, tally, start, undoButton, openExtra, forgetRun } = desk;
  if (state.run !== progress || dock.classList.contains("picked-bar")) return;
  const plain = progress.action.replace("_all", "");
  const button = (words, onclick) => el("button.btn.btn-link", { onclick }, words);
  const again = undone(desk, plain, progress);
  // "All" once more, as long as that touches nothing that was not in the question.
  const action = targets(progress.action).every((dialog) => again.includes(dialog)) ? progress.action : plain;
  const { bad: not, unsure } = tally([...progress.results.values()]);
  const bad = not.map((result) => result.chat_id).filter((id) => state.dialogs.has(id));
  const parts = [
    progress.undo && undoButton(progress.undo, t("desk.undo"), ".btn-link"),
    bad.length > 0 && button(t("desk.run.show", { n: bad.length }), () => {
      state.view = "all"; state.query = state.line = ""; state.filter = {}; state.picked = new Set(bad); state.run = null; changed();
    }),
    again.length > 0 && button(t(progress.left.length && !not.length && !progress.trouble ? "desk.run.go_on" : "desk.try_again"),
      () => start(action, again, { run: progress.id, undo: progress.undo })),
    not.length + unsure.length > 0 && button(t("desk.run.why"), () => openExtra("asks", "reasons", plain, [...not, ...unsure])),
    el("span.space"),
    el("button.icon-btn", { onclick: () => forgetRun(progress), "aria-label": t("desk.close"), title: t("desk.close") }, icon("cross")),
  ];
  const focused = [...dock.querySelectorAll("button")].indexOf(document.activeElement);
  dock.replaceChildren(dock.firstChild, ...parts.filter(Boolean));
  if (focused >= 0) {
    const buttons = dock.querySelectorAll("button");
    buttons[Math.min(focused, buttons.length - 1)].focus();
  }
}

/** What a run that ended did not do and could still do. */
function undone({ state, applies }, action, { left, results }) {
  const ids = [...results.values()]
    .filter((result) => ["failed", "refused", "unconfirmed"].includes(result.outcome)).map((result) => result.chat_id);
  return [...new Set([...ids, ...left])].map((id) => state.dialogs.get(id)).filter((dialog) => dialog && applies(dialog, action));
}

/** A run that was not finished, by a reload or by Stop, is offered, never begun by itself. */
function offer({ state, t, changed }, { run: id, action, total, left, undo }) {
  const words = t("desk.run.unfinished", { what: t(`desk.run.${action}`, { n: total - left.length, total }) });
  state.run ??= { action, id, left, total, undo, results: new Map(), ended: true, words };
  changed();
}
