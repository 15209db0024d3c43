// Dialogs that ask before something large, with true numbers; why a run failed; the list of keys; what Pinline is.

export const open = (desk, what, ...args) => ({ preview, reasons, keys, about })[what](desk, ...args);

/** How many dialogs of each kind; `nameOf(dialog)` says the kind, `mark(dialog)` makes what stands before its name. */
function groups({ el, bdi }, dialogs, label, nameOf, mark) {
  const found = new Map();
  for (const dialog of dialogs) found.set(nameOf(dialog), [...(found.get(nameOf(dialog)) ?? []), dialog]);
  const rows = [...found].sort((a, b) => b[1].length - a[1].length).map(([name, of]) => el("li", {}, mark?.(of[0]), bdi(name),
    el("span.num", {}, String(of.length))));
  return el("ul.groups", { "aria-label": label }, ...rows);
}

/** What is touched, by channel and by line. */
function counted(desk, dialogs) {
  const { el, icon, t, channel, channelIcon, channelName } = desk;
  const badge = (dialog) => el("span.badge", { dataset: { channel: channel(dialog) } }, icon(channelIcon(channel(dialog)), ""));
  return el("div.counted", {}, groups(desk, dialogs, t("desk.filter.connectors"), channelName, badge),
    groups(desk, dialogs, t("desk.filter.lines"), (dialog) => dialog.line_name || `#${dialog.line_id}`));
}

/** Shows what an action will touch. `action` is the one that runs (pin_all, unpin_all, pin, silence …); `final`: without a
    way back, because it is one itself. */
function preview(desk, action, targets, run, final = false) {
  const { el, icon, t, state, modal, matching, isWaiting, autoOffMinutes } = desk;
  const button = (look, words, onclick, dataset = {}) => el(`button.btn${look}`, { onclick, dataset }, words);
  const point = (name, ...words) => el("li", {}, icon(name), el("span", {}, ...words));
  const base = action.replace("_all", "");
  const n = targets.length;
  const already = [...state.dialogs.values()].filter((dialog) => dialog.pinned).length;
  const listed = [...state.dialogs.values()].filter((dialog) => !state.ghosts.has(dialog.chat_id));
  const queued = listed.filter((dialog) => dialog.stage === "queue").length;
  const others = listed.filter((dialog) => !dialog.mine && dialog.stage !== "queue").length;
  const typed = action === "silence" && el("input.field", { inputMode: "numeric", autocomplete: "off", id: "typed" });
  const cancel = button(".btn-line", n ? t("desk.cancel") : t("desk.close"), () => box.close());
  const go = button(base === "silence" ? ".btn-alert" : ".btn-fill", t(`desk.do.${base}`, { n }), () => {
    if (typed && typed.value.trim() !== String(n)) return typed.focus();
    box.close();
    run();
  }, { action });
  if (typed) {
    go.setAttribute("aria-disabled", "true");
    typed.addEventListener("input", () => go.setAttribute("aria-disabled", String(typed.value.trim() !== String(n))));
    // The same Enter must not press what has the focus once this is closed.
    typed.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(), go.click(); });
  }
  const waiting = targets.filter(isWaiting).length;
  const points = [];
  const seen = new Set(matching().map((dialog) => dialog.chat_id));
  const shown = targets.filter((dialog) => seen.has(dialog.chat_id)).length;
  if (action.endsWith("_all") && shown < n) points.push(point("filter", el("b", {}, t("desk.ask.beyond", { n, shown }))));
  if (base === "unpin" && waiting) points.push(point("queue", el("b", {}, t("desk.ask.unpin.waiting", { n: waiting })), " ",
    t("desk.ask.unpin.leave")));
  if (n && (base === "pin" || base === "unpin")) points.push(point("message", t("desk.ask.notes", { n })));
  if (action === "pin_all" && already) points.push(point("pin", t("desk.ask.pin.already", { n: already })));
  if (action === "pin_all" && queued) points.push(point("chats", t("desk.ask.pin.queue", { n: queued })));
  if (action === "pin_all" && others) points.push(point("lock", t("desk.ask.pin.others", { n: others })));
  if (base === "silence" && autoOffMinutes()) points.push(point("timer", t("desk.ask.auto_off", { n: autoOffMinutes() })));
  if (n && !final) points.push(point("undo", t(base === "unpin" ? "desk.ask.undo_unpin" : "desk.ask.undo")));
  const title = n ? t(`desk.ask.${base}.title`, { n }) : t(`desk.ask.${base}.none`);
  const box = modal("", title,
    el("h2", {}, title),
    n > 0 && el("p", {}, t(`desk.ask.${base}.text`)),
    n > 0 && counted(desk, targets),
    el("ul.points", {}, ...points),
    typed && el("label", { htmlFor: "typed" }, t("desk.ask.type", { n }), typed),
    el("div.buttons", {}, cancel, n > 0 && go));
  (n && base === "pin" ? go : typed || cancel).focus();
}

const closing = ({ el, t }, box) => el("button.btn.btn-fill", { onclick: () => box().close() }, t("desk.close"));

/** Every dialog that a run did not change, grouped by the reason. */
function reasons(desk, action, results) {
  const { el, icon, t, modal, nameOf, reason } = desk;
  const groups = new Map();
  for (const result of results) {
    const words = result.outcome === "unconfirmed" ? t("desk.note.unsure") : reason(result, action);
    groups.set(words, [...(groups.get(words) ?? []), result]);
  }
  const close = closing(desk, () => box);
  const parts = [...groups].flatMap(([words, found]) => [
    el("h3.why", {}, icon("alert", "s16"), words, el("span.num", {}, String(found.length))),
    el("ul.why-names", {}, ...found.slice(0, 100).map((result) => el("li", {}, nameOf(result))))]);
  const box = modal("", t("desk.run.why"), el("h2", {}, t("desk.run.why")), ...parts, el("div.buttons", {}, close));
  close.focus();
}

const KEY_LIST = [["J K ↓ ↑", "move"], ["→ ←", "controls"], ["X", "pick"], ["Shift ↓ ↑", "range"], ["*", "all"], ["P", "pin"],
  ["T", "top"], ["Shift S", "silent"],
  ["A", "answer"], ["N", "skip"], ["Space", "panel"], ["Enter", "open"], ["U", "undo"], ["/", "search"], ["F", "filter"],
  ["C", "crm"], ["Ctrl K", "palette"],
  ["G A/W/U/P/T/C/S", "views"], ["1 … 9", "nth_view"], ["Alt ↑ ↓", "order"], ["?", "keys"], ["Esc", "back"]];

function keys(desk) {
  const { el, t, modal, prefer, setting, changed, state } = desk;
  const rows = () => KEY_LIST.filter(([, id]) => !["answer", "skip"].includes(id) || state.actions.has(id)).flatMap(([combination, id]) => {
    const single = /^[A-Z*/?1]/.test(combination) && !/^(Space|Enter|Ctrl|Esc|Alt|Shift)/.test(combination) || id === "silent";
    const how = setting("shortcuts");
    const shown = single && how === "modifier" ? `Alt ${combination}` : combination;
    return [el(`dt${single && how === "off" ? ".off" : ""}`, {}, ...shown.split(" ").flatMap((key) => [el("kbd", {}, key), " "])),
      el("dd", {}, t(`desk.key.${id}`))];
  });
  const list = el("dl.keys", {}, ...rows());
  const choice = (value) => el("label.check", {},
    el("input.radio", { type: "radio", name: "shortcuts", value, checked: setting("shortcuts") === value,
    onchange: () => { prefer({ shortcuts: value }); list.replaceChildren(...rows()); changed(); } }), t(`desk.keys.${value}`));
  const close = closing(desk, () => box);
  const box = modal(".wide", t("desk.keys"), el("h2", {}, t("desk.keys")),
    el("fieldset", {}, el("legend.sr", {}, t("desk.keys.legend")), choice("on"), choice("modifier"), choice("off")), list,
      el("div.buttons", {}, close));
  close.focus();
}

function about(desk) {
  const { el, t, modal } = desk;
  const close = closing(desk, () => box);
  const box = modal("", "Pinline", el("h2", {}, "Pinline"), el("p", {}, t("desk.about_text")),
    el("p.small", {}, t("desk.about_help")), el("p.small", {}, t("desk.about_version", { version: desk.boot.version })),
    el("div.buttons", {}, close));
  close.focus();
}
