// One field for every command and every client; shows the key that would have done it.

import { apply, current } from "./triage.js";

function commands(desk) {
  const { state, t, SWITCHES, nextAction, act, start, targets, undoLast, setView, openExtra, SURFACES, VIEWS, ORDERS, prefer, changed,
    keyOf, applies } = desk;
  const all = [...state.dialogs.values()];
  const dialog = state.dialogs.get(state.current);
  const own = dialog && dialog.stage !== "queue"
    ? Object.keys(SWITCHES).map((key) => ({ group: dialog.client_name, look: key, words: t(`desk.menu.${nextAction(dialog, key)}`),
      find: t(`desk.${key}`), keys: keyOf(key), run: () => act(nextAction(dialog, key), dialog.chat_id) }))
    : dialog ? ["answer", "skip"].filter((action) => applies(dialog, action)).map((action) => ({
        group: dialog.client_name, look: action === "answer" ? "check-m" : "next",
        words: t(`desk.${action}`), keys: action === "answer" ? "A" : "N", run: () => act(action, dialog.chat_id) })) : [];
  const silent = targets("unsilence");
  const group = t("desk.palette.all");
  return [
    ...own,
    { group, look: "pin", words: t("desk.pin_all"), run: () => start("pin_all", all) },
    { group, look: "unpin", words: t("desk.unpin_all"), run: () => start("unpin_all", all) },
    ...(silent.length ? [{ group, look: "silent", words: t("desk.unsilence_all"), more: String(silent.length),
      run: () => start("unsilence", silent) }] : []),
    { group, look: "undo", words: t("desk.key.undo"), keys: "U", run: undoLast },
    { group, look: "undo", words: t("desk.journal"), run: () => openExtra("entries") },
    ...SURFACES.map(([name, look]) => ({ group, look, words: t(`desk.surface.${name}`), run: () => openExtra(name) })),
    { group, look: "message", words: t("desk.keys"), keys: "?", run: () => openExtra("asks", "keys") },
    ...["auto", "light", "dark"].map((theme) =>
      ({ group, look: "filter", words: t(`desk.theme.${theme}`), run: () => { prefer({ theme }); desk.setTheme(theme); } })),
    ...["normal", "compact"].map((density) =>
      ({ group, look: "filter", words: t(`desk.density.${density === "normal" ? density : "dense"}`),
      run: () => { prefer({ density }); changed(); } })),
    { group: t("desk.palette.show"), look: "filter", words: t("desk.filter"), keys: "F", run: desk.openFilter },
    { group: t("desk.palette.show"), look: "person", words: t("desk.filter.crm"), more: t("desk.filter"), keys: "C",
      run: () => openExtra("crm") },
    ...Object.keys(VIEWS).map((view) => ({ group: t("desk.palette.show"), look: "filter", words: t(`desk.view.${view}`),
      keys: `G ${view[0].toUpperCase()}`, run: () => setView(view) })),
    ...state.views.map((view) => ({ group: t("desk.palette.show"), look: "filter", words: view.name,
      run: () => setView(String(view.id)) })),
    ...Object.keys(ORDERS).map((sort) => ({ group: t("desk.sort"), look: "down", words: t(`desk.sort.${sort}`), more: t("desk.sort"),
      run: () => apply(desk, { ...current(desk), sort }) })),
  ];
}

function clients(desk, query) {
  const { search, state, t, channelName, setView, focusRow, showCard, matching, clearFilter } = desk;
  const found = search(query);
  return [...state.dialogs.values()].filter((dialog) => query.trim() && found(dialog)).slice(0, 6).map((dialog) => ({
    group: t("desk.palette.clients"), look: "message", words: dialog.client_name, more: `${channelName(dialog)} · ${dialog.line_name}`,
    run: () => {
      setView("all");
      if (!matching().some((one) => one.chat_id === dialog.chat_id)) clearFilter(); // who was asked for is shown
      queueMicrotask(() => { focusRow(dialog.chat_id); showCard(dialog.chat_id, false); });
    } }));
}

export async function open(desk) {
  await desk.style("triage");
  const { el, icon, bdi, attr, t, modal, setting } = desk;
  const input = el("input", { type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "commands",
    placeholder: t("desk.palette.hint"), "aria-label": t("desk.palette.hint"), autocomplete: "off" });
  const list = el("ul", { id: "commands", role: "listbox", "aria-label": t("desk.palette") });
  const box = modal(".palette", t("desk.palette"), input, list,
    el("p.foot", {}, el("kbd", {}, "↑"), el("kbd", {}, "↓"), t("desk.palette.choose"), el("kbd", {}, "Enter"), t("desk.palette.do"),
      el("span.space"), el("kbd", {}, "?"), t("desk.palette.keys")));
  let shown = [];
  let at = 0;
  const choose = (item) => { box.close(); item?.run(); };
  const select = (to) => {
    at = (to + shown.length) % shown.length || 0;
    const options = [...list.querySelectorAll("[role=option]")];
    options.forEach((node, index) => attr(node, "aria-selected", index === at));
    attr(input, "aria-activedescendant", options[at]?.id);
    options[at]?.scrollIntoView({ block: "nearest" });
  };
  const marked = (words, needle) => {
    const from = needle ? words.toLocaleLowerCase().indexOf(needle) : -1;
    const box = bdi("");
    if (from < 0) box.append(words);
    else box.append(words.slice(0, from), el("b", {}, words.slice(from, from + needle.length)), words.slice(from + needle.length));
    return box;
  };
  const caps = (keys) => (setting("shortcuts") === "modifier" && !keys.startsWith("Ctrl") ? `Alt ${keys}` : keys)
    .split(" ").map((key) => el("kbd", {}, key));
  const fill = () => {
    const needle = input.value.trim().toLocaleLowerCase();
    shown = [...commands(desk).filter((item) => `${item.words} ${item.more ?? ""} ${item.find ?? ""}`.toLocaleLowerCase().includes(needle)),
      ...clients(desk, input.value)];
    let group = "";
    list.replaceChildren();
    shown.forEach((item, index) => {
      if (item.group !== group) list.append(el("li.group", { role: "presentation" }, bdi((group = item.group))));
      list.append(el("li", { role: "option", id: `command-${index}`, onclick: () => choose(item) }, icon(item.look),
        marked(item.words, needle), item.more && el("small", {}, bdi(item.more)),
        item.keys && setting("shortcuts") !== "off" && el("span.end", {}, ...caps(item.keys))));
    });
    if (!shown.length) list.append(el("li.group", { role: "presentation" }, t("desk.palette.none")));
    else select(0);
  };
  input.addEventListener("input", fill);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") select(at + 1);
    else if (event.key === "ArrowUp") select(at - 1);
    else if (event.key === "Enter") choose(shown[at]);
    else if (event.key === "?" && !input.value) choose({ run: () => desk.openExtra("asks", "keys") });
    else return;
    event.preventDefault();
  });
  fill();
  input.focus();
}
