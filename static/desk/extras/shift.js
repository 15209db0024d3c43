// The end of the shift in one page: what is pinned and waits, what stays, what may leave, and a list to carry off.

import { csv, every, instead, isRunning, openPage, save, surface } from "./kit.js";

const GROUPS = [
  ["waits", (dialog, waits) => dialog.pinned && waits],
  ["loose", (dialog, waits) => !dialog.pinned && waits],
  ["rest", (dialog, waits) => dialog.pinned && !waits],
  ["answered", (dialog, waits) => !dialog.pinned && !waits],
];

const own = (desk) => every(desk).filter((dialog) => dialog.mine && dialog.stage !== "queue");
const since = (dialog) => Date.parse(dialog.waiting_since ?? dialog.last_message?.at ?? 0) || 0;

export const open = surface((desk) => {
  const { el, icon, t } = desk;
  const keep = new Map(); // chat_id -> whether it is to stay
  const carry = el("button.btn.btn-line", { onclick: exported }, t("extra.shift.export"));
  const desks = el("button.btn.btn-line", { onclick: () => desk.openExtra("snapshots") }, t("extra.shift.save"));
  const page = openPage(desk, "shift", t("desk.surface.shift"), [desks, carry]);
  const groups = GROUPS.map(([name, fits]) => [name,
    own(desk).filter((dialog) => fits(dialog, !!desk.isWaiting(dialog))).sort((a, b) => since(a) - since(b))])
    .filter(([, dialogs]) => dialogs.length);
  for (const [, dialogs] of groups) for (const dialog of dialogs) keep.set(dialog.chat_id, dialog.pinned);
  const boxes = [];
  /** What would change: dialogs as they are known now, not as they were when the page was opened. */
  const wanted = (action) => own(desk).filter((dialog) => keep.has(dialog.chat_id) && desk.applies(dialog, action) &&
    keep.get(dialog.chat_id) === (action === "pin"));
  page.body.append(silent(desk), ...(groups.length
    ? [el("p.lead", {}, t("extra.shift.lead")), ...groups.map(([name, dialogs]) => group(name, dialogs))]
    : [instead(desk, "check-m", t("extra.shift.none"), t("extra.shift.none_text"))]));
  page.foot.hidden = !groups.length;
  const sum = el("span.strong.num");
  const go = el("button.btn.btn-fill", { onclick: apply });
  page.foot.append(sum, el("span.space"), go);
  draw();

  function group(name, dialogs) {
    const title = t(`extra.shift.${name}`);
    const all = el("input.box", { type: "checkbox", "aria-label": t("extra.shift.keep_group", { group: title }),
      onchange: () => { for (const dialog of dialogs) keep.set(dialog.chat_id, all.checked); chosen(); } });
    boxes.push(() => {
      const kept = dialogs.filter((dialog) => keep.get(dialog.chat_id)).length;
      all.checked = kept === dialogs.length;
      all.indeterminate = kept > 0 && kept < dialogs.length;
    });
    return el("section.pile", { "aria-label": title, dataset: { pile: name } },
      el("div.pile-head", {}, el("h2", {}, title, el("span.num", {}, String(dialogs.length))),
        el("span.column", {}, t("extra.shift.keep")), all),
      el("ul", {}, ...dialogs.map(line)));
  }

  function line(dialog) {
    const { chat_id: id } = dialog;
    const box = el("input.box", { type: "checkbox", "aria-label": t("extra.shift.keep_of", { name: dialog.client_name }),
      onchange: () => { keep.set(id, box.checked); chosen(); } });
    boxes.push(() => { box.checked = keep.get(id); });
    const row = desk.makeRow(id); // note, message, time and amber as in the list
    desk.setRow(row, dialog, 1);
    const [avatar, note, said, wait] = [".avatar", ".note", ".said", ".wait"].map((part) => row.querySelector(part));
    wait.removeAttribute("role");
    const link = { href: dialog.open_url, target: "_blank", rel: "noopener", title: t("desk.open") };
    const waits = !!desk.isWaiting(dialog); // only who waits is a stop of the Tab key
    const name = el(waits ? "a.name" : "span.name", waits ? link : {}, el("bdi", { dir: "auto" }, dialog.client_name));
    if (waits) name.addEventListener("click", (event) => { if (desk.state.inFrame) event.preventDefault(), desk.openChat(dialog); });
    return el("li", { onclick: (event) => { if (event.target !== box && !event.target.closest("a")) box.click(); } }, avatar,
      el("div.who", {}, el("div.line1", {}, name), el("div.line2", {}, note, said)),
      el("bdi.where", { dir: "auto" }, dialog.line_name), wait, box);
  }

  function chosen() {
    draw();
    desk.say(sum.textContent);
  }

  function draw() {
    for (const set of boxes) set();
    const [pin, unpin] = [wanted("pin").length, wanted("unpin").length];
    const stay = [...keep.values()].filter(Boolean).length;
    sum.textContent = [stay && t("extra.shift.stay", { n: stay }),
      keep.size > stay && t("extra.shift.go", { n: keep.size - stay })].filter(Boolean).join(" · ");
    go.textContent = pin && unpin ? t("extra.shift.apply_both", { pin, unpin }) : pin ? t("extra.shift.apply_pin", { n: pin })
      : unpin ? t("extra.shift.apply_unpin", { n: unpin }) : t("extra.shift.done");
    for (const name of ["preview", "action"]) delete go.dataset[name];
    if (pin || unpin) go.dataset[unpin ? "preview" : "action"] = unpin ? "unpin" : "pin";
  }

  function apply() {
    if (!wanted("pin").length && !wanted("unpin").length) return page.leave();
    if (isRunning(desk)) return;
    const [pin, unpin] = ["pin", "unpin"].map((action) => wanted(action).map((dialog) => dialog.chat_id));
    const carryOut = async () => {
      page.leave();
      if (pin.length) await desk.run("pin", pin); // what stays is safe before anything is let go
      if (unpin.length) await desk.run("unpin", unpin);
    };
    if (unpin.length) desk.openExtra("asks", "preview", "unpin", wanted("unpin"), carryOut);
    else carryOut();
  }

  function exported() {
    const head = ["client", "channel"].map((name) => t(`extra.shift.${name}`));
    const rows = own(desk).sort((a, b) => Number(b.pinned) - Number(a.pinned) || since(a) - since(b)).map((dialog) => [
      dialog.client_name, desk.channelName(dialog), dialog.line_name, desk.isWaiting(dialog) ? dialog.waiting_since : "", dialog.unread,
      ...["pinned", "top", "silent"].map((field) => t(dialog[field] ? "extra.yes" : "extra.no")),
        new URL(dialog.open_url, desk.state.portal || undefined).href]);
    save(csv([[...head, t("desk.column.line"), t("extra.shift.waiting_since"), t("extra.shift.unread"), t("desk.pin"), t("desk.top"),
      t("desk.silent"), t("extra.shift.link")], ...rows]), "shift");
    desk.toast(t("extra.shift.exported"));
    desk.say(t("extra.shift.exported"));
  }
});

function silent(desk) {
  const { el, icon, t } = desk;
  const on = desk.targets("unsilence");
  if (!on.length) return "";
  const banner = el("div.banner.silent", {}, icon("silent"), el("span.text", {}, t("extra.shift.silent", { n: on.length })),
    el("button.btn.btn-alert", { dataset: { action: "unsilence" },
      onclick: () => { if (!isRunning(desk)) banner.remove(), desk.run("unsilence", on.map((dialog) => dialog.chat_id)); } },
      t("desk.do.unsilence", { n: on.length })));
  return banner;
}
