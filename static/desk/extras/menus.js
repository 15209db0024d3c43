// The menus of the page and of a row: everything that has no button of its own.

export const open = (desk, which, ...args) => ({ page, row })[which](desk, ...args);

function page({ $, t, state, start, targets, openMenu, openExtra, prefer, setting, setTheme, SURFACES }) {
  const theme = setting("theme");
  const silent = targets("unsilence");
  const surfaces = (...names) => SURFACES.filter(([name]) => names.includes(name)).map(([name, look]) =>
    ({ label: t(`desk.surface.${name}`), icon: look, run: () => openExtra(name) }));
  openMenu($("more"), [
    silent.length ? { label: t("desk.unsilence_all"), icon: "silent", end: String(silent.length), danger: true,
      dataset: { action: "unsilence" }, run: () => start("unsilence", silent) } : undefined,
    { label: t("desk.journal"), icon: "journal", run: () => openExtra("entries") },
    ...surfaces("shift", "snapshots"),
    null,
    { label: t("desk.palette"), icon: "search", end: "Ctrl K", run: () => openExtra("palette") },
    { label: t("desk.keys"), icon: "keyboard", end: "?", run: () => openExtra("asks", "keys") },
    ...surfaces("settings"),
    null,
    ...["auto", "light", "dark"].map((name) =>
      ({ label: t(`desk.theme.${name}`), checked: theme === name, run: () => { prefer({ theme: name }); setTheme(name); } })),
    null,
    ...surfaces("practice", "news"),
    { label: t("desk.about"), icon: "info", run: () => openExtra("asks", "about") },
    state.inFrame ? undefined : { label: t("desk.sign_out"), icon: "lock", run: () => openExtra("leave") },
  ].filter((item) => item !== undefined));
}

/** The order of Top for who has no keyboard: only ways that lead somewhere. */
function places({ t, state, sequence, openExtra }, { chat_id: id }) {
  const top = sequence().filter((known) => state.dialogs.get(known)?.top && state.dialogs.get(known).stage !== "queue");
  const at = top.indexOf(id);
  const move = (name, by) => top[at + by] !== undefined &&
    { label: t(`desk.menu.${name}`), icon: name === "up" ? "top" : "down", run: () => openExtra("order", id, by) };
  const items = at < 0 ? [] : [move("up", -1), move("down", 1)].filter(Boolean);
  return items.length ? [...items, null] : [];
}

function row(desk, button, dialog) {
  const { $, t, state, act, nextAction, isOn, crmOf, openMenu, openChat, showCard, say } = desk;
  const toggles = ["top", "silent"].map((key) =>
    ({ label: t(`desk.menu.${nextAction(dialog, key)}`), icon: key, danger: key === "silent" && !isOn(dialog, key),
    dataset: { action: nextAction(dialog, key) }, run: () => act(nextAction(state.dialogs.get(dialog.chat_id), key), dialog.chat_id) }));
  const narrow = $("list-card").clientWidth <= 680;
  const offered = dialog.stage === "queue" && [["answer", "check-m"], ["skip", "next"]].map(([action, look]) =>
    ({ label: t(`desk.${action}`), icon: look, dataset: { action }, run: () => act(action, dialog.chat_id) }));
  const crm = crmOf(dialog)[0];
  openMenu(button, [
    ...(offered ? [...offered, null] : narrow ? [...toggles, null] : []),
    ...places(desk, dialog),
    { label: t("desk.open"), icon: "message", run: () => openChat(dialog) },
    { label: t("desk.look"), icon: "chats", run: () => showCard(dialog.chat_id) },
    ...(crm ? [{ label: t("desk.open_crm"), icon: "person", href: `${state.portal}/crm/${crm.type}/details/${crm.id}/` }] : []),
    { label: t("desk.copy_link"), icon: "link",
      run: () => navigator.clipboard?.writeText(dialog.open_url).then(() => say(t("desk.copied"))) },
  ]);
}
