// Filter, order and saved views in one box under its button. Whatever is chosen here is seen in the list at once.

const STAGES = ["queue", "work", "answered", "closing"];
const FLAGS = ["pinned", "top", "silent", "unread", "mine", "crm"];
const WAITS = [5, 15, 30, 60, 120, 480];
const WINDOWS = [30, 60, 120, 240, 720, 1440];
const SOON = 120; // minutes, as in the view of reply windows that close
// What our own views mean in the terms of a filter, for saving what is on screen.
const OF_VIEW = { waiting: { stages: ["queue", "work"] }, unread: { unread: true }, pinned: { pinned: true }, silent: { silent: true },
  top: { top: true } };

let shut = null;

export function open(desk, button) {
  if (shut) return shut();
  const back = document.activeElement?.closest(".row") ?? button;
  const box = desk.el("div.filter-box", { popover: "manual", role: "dialog", "aria-label": desk.t("desk.filter.title") });
  button.after(box);
  const rtl = document.dir === "rtl";
  const at = button.getBoundingClientRect();
  box.style.top = `${at.bottom + 6}px`;
  box.style[rtl ? "left" : "right"] = `${Math.max(8, rtl ? at.left : innerWidth - at.right)}px`;
  const outside = (event) => { if (!box.contains(event.target) && !button.contains(event.target)) shut(); };
  shut = () => {
    shut = null;
    document.removeEventListener("pointerdown", outside, true);
    const within = box.contains(document.activeElement);
    box.remove();
    button.setAttribute("aria-expanded", "false");
    if (within) (back.isConnected ? back : button).focus({ preventScroll: true });
  };
  document.addEventListener("pointerdown", outside, true);
  box.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") event.preventDefault(), shut();
  });
  button.setAttribute("aria-expanded", "true");
  fill(desk, box);
  box.showPopover();
  box.querySelector("button, select").focus({ preventScroll: true });
}

export const current = ({ state, savedView, sortOf }) => ({ ...savedView()?.filter, ...state.filter, sort: sortOf() });

/** Without conditions that say nothing. */
const tidy = (filter) => Object.fromEntries(Object.entries(filter).filter(([, value]) =>
  value !== null && value !== undefined && value !== "" && value.length !== 0));

export function apply(desk, filter) {
  const { state, savedView, prefer, changed, setting } = desk;
  const { sort, ...rest } = tidy(filter);
  if (savedView()) state.filter = { ...rest, sort };
  else if (state.view === "closing") state.filter = sort === "closing" ? rest : { ...rest, sort }; // its own order comes back
  else {
    state.filter = rest;
    if (sort !== setting("sort")) prefer({ sort });
  }
  changed();
}

function fill(desk, box) {
  const { el, t, state, lines, savedView, conditions, clearFilter, setView, matching } = desk;
  const filter = current(desk);
  const keep = document.activeElement?.dataset?.stays;
  const found = () => t("desk.filter.found", { n: matching().filter(({ chat_id: id }) => !state.ghosts.has(id)).length });
  const again = () => { fill(desk, box); };
  const set = (values) => { apply(desk, { ...current(desk), ...values }); again(); desk.say(found()); };
  const chip = (words, on, stays, click) => el("button.pick-chip", { "aria-pressed": String(on), onclick: click, dataset: { stays } },
    el("bdi", { dir: "auto" }, words));
  const group = (words, ...chips) => el("div.filter-group", { role: "group", "aria-label": words }, el("h2", {}, words),
    el("div.chips", {}, ...chips));
  const many = (key, values, name) => values.map((value) => {
    const chosen = filter[key] ?? [];
    return chip(name(value), chosen.includes(value), `${key}${value}`,
      () => set({ [key]: chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value] }));
  });
  const select = (words, value, options, take, stays) => el("label.filter-select", {}, el("span", {}, words), el("span.select", {},
    el("select.field", { dataset: { stays }, onchange: (event) => take(event.target.value) },
      ...options.map(([key, label]) => el("option", { value: key, selected: key === value }, label))), desk.icon("down")));
  const channels = new Map(); // what people call the channel -> the connectors behind it
  for (const dialog of state.dialogs.values()) channels.set(desk.channelName(dialog),
    new Set([...(channels.get(desk.channelName(dialog)) ?? []), dialog.connector]));
  const channel = ([name, connectors]) => {
    const chosen = filter.connectors ?? [];
    const on = [...connectors].every((one) => chosen.includes(one));
    return chip(name, on, `channel${name}`, () =>
      set({ connectors: on ? chosen.filter((one) => !connectors.has(one)) : [...new Set([...chosen, ...connectors])] }));
  };
  const known = lines();
  const saved = savedView();
  const parts = [
    group(t("desk.sort"), ...Object.keys(desk.ORDERS).map((sort) => chip(t(`desk.sort.${sort}`), filter.sort === sort, `sort${sort}`,
      () => set({ sort })))),
    group(t("desk.filter.stages"), ...many("stages", STAGES, (stage) => t(`desk.stage.${stage}`))),
    channels.size > 1 && group(t("desk.filter.connectors"),
      ...[...channels].sort((a, b) => a[0].localeCompare(b[0], document.documentElement.lang)).map(channel)),
    known.length > 1 && group(t("desk.filter.lines"),
      ...many("lines", known.map(([id]) => Number(id)), (id) => known.find(([one]) => one === String(id))[1])),
    el("div.filter-grid", {},
      ...FLAGS.map((key) => select(t(`desk.filter.${key}`), String(filter[key] ?? ""),
        [["", t("desk.filter.any")], ["true", t("desk.filter.yes")], ["false", t("desk.filter.no")]],
        (value) => set({ [key]: value === "" ? null : value === "true" }), key)),
      select(t("desk.filter.waiting_over"), String(filter.waiting_over ?? ""),
        [["", t("desk.filter.any")], ...WAITS.map((n) => [String(n), desk.duration(n * 60e3)])],
        (value) => set({ waiting_over: value ? Number(value) : null }), "waiting_over"),
      select(t("desk.filter.closing_within"), String(filter.closing_within ?? ""),
        [["", t("desk.filter.any")], ...WINDOWS.map((n) => [String(n), desk.duration(n * 60e3)])],
        (value) => set({ closing_within: value ? Number(value) : null }), "closing_within")),
    el("div.filter-feet", {}, el("div.filter-foot", {}, el("span.num", {}, found()), el("span.space"),
      (conditions() > 0 || saved) && el("button.btn", { onclick: () => { if (saved) setView("all"); clearFilter(); again(); } },
        t("desk.filter.clear")),
      el("button.btn.btn-line", { dataset: { stays: "save" }, onclick: () => editor(desk, box, null) }, t("desk.view_save"))),
    saved && may(desk, saved) && el("div.filter-foot", {}, el("b", {}, el("bdi", { dir: "auto" }, saved.name)), el("span.space"),
      el("button.btn", { onclick: () => editor(desk, box, saved) }, t("desk.view_edit")))),
  ];
  box.replaceChildren(...parts.filter(Boolean));
  if (keep) box.querySelector(`[data-stays="${CSS.escape(keep)}"]`)?.focus({ preventScroll: true });
}

const may = ({ state, boot }, view) => view.mine || (view.shared && (state.settings?.may_edit_portal || boot.operator?.is_admin));

/** Names what is on screen, as a new view or in place of `view`. */
function editor(desk, box, view) {
  const { el, t, state, post, put, drop, setView, changed, say, toast, explain, Refusal } = desk;
  const name = el("input.field", { id: "view-name", maxLength: 60, value: view?.name ?? "", autocomplete: "off" });
  const shared = el("input.box", { type: "checkbox", checked: !!view?.shared });
  const problem = el("p.note.warn");
  const take = async (work) => {
    try {
      await work();
      shut?.();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problem.textContent = explain(error);
      say(problem.textContent);
    }
  };
  const save = () => take(async () => {
    const body = { name: name.value.trim(), filter: wanted(desk, view), shared: shared.checked };
    if (!body.name) return name.focus();
    const made = view ? { ...view, ...body, ...(await put(`/api/views/${view.id}`, body)) } : await post("/api/views", body);
    state.views = view ? state.views.map((one) => (one.id === view.id ? made : one)) : [...state.views, made];
    state.query = desk.$("search").value = state.line = desk.$("line").value = "";
    if (desk.VIEWS[state.view]) state.filter = {}; // it lives in the saved view now
    setView(String(made.id));
    say(t("desk.view_saved", { name: made.name }));
  });
  const remove = () => take(async () => {
    await drop(`/api/views/${view.id}`);
    state.views = state.views.filter((one) => one.id !== view.id);
    if (state.view === String(view.id)) setView("all");
    toast(t("desk.view_deleted", { name: view.name }));
    changed();
  });
  name.addEventListener("keydown", (event) => { if (event.key === "Enter") save(); });
  box.replaceChildren(
    el("label.filter-select.wide", { htmlFor: "view-name" }, el("span", {}, t("desk.view_name")), name),
    el("label.check", {}, shared, t("desk.view_share")),
    problem,
    el("div.filter-foot", {}, view && el("button.btn.danger", { onclick: remove }, t("desk.view_delete")), el("span.space"),
      el("button.btn.btn-line", { onclick: () => fill(desk, box) }, t("desk.cancel")),
        el("button.btn.btn-fill", { onclick: save }, t("desk.view_keep"))));
  name.focus();
}

function wanted(desk, view) {
  const { state } = desk;
  const chosen = tidy({ ...OF_VIEW[state.view], ...current(desk), ...(state.line && { lines: [Number(state.line)] }),
    ...(state.query.trim() && { query: state.query.trim() }) });
  const soon = state.view === "closing" && { closing_within: Math.min(SOON, chosen.closing_within ?? SOON) };
  const { sort, ...filter } = { ...chosen, ...soon };
  return { ...filter, ...((view || sort !== "waiting") && { sort }) };
}
