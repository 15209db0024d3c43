// "My desk": remembers what is pinned and what is on top, and brings back what is still there.

import { isRunning, surface, teller, why } from "./kit.js";

const NAMES = 5; // of dialogs that have left; the others are a number

export const open = surface((desk) => {
  const { el, icon, t } = desk;
  const told = el("p.told");
  const tell = teller(desk, told);
  const list = el("ul.desks");
  const name = el("input.field", { id: "desk-name", maxLength: 60, autocomplete: "off", value: stamp(desk) });
  const form = el("form.desk-form", { onsubmit: keep }, el("label", { htmlFor: "desk-name" }, t("extra.desks.name")), name,
    el("button.btn.btn-fill", { type: "submit" }, t("extra.desks.save")));
  const front = el("div", {}, el("h2", {}, t("extra.desks.title")), el("p", {}, t("extra.desks.lead")), form, list, told,
    el("div.buttons", {}, el("button.btn.btn-line", { onclick: () => box.close() }, t("desk.close"))));
  const box = desk.modal(".desks-box", t("extra.desks.title"), front);
  name.select();
  load();

  async function load() {
    try {
      const { snapshots } = await desk.get("/api/snapshots");
      list.replaceChildren(...(snapshots.length ? snapshots.map(line) : [el("li.none", {}, t("extra.desks.empty"))]));
    } catch (error) {
      tell(why(desk, error));
    }
  }

  async function keep(event) {
    event.preventDefault();
    if (!name.value.trim()) return name.focus();
    try {
      const made = await desk.post("/api/snapshots", { name: name.value.trim() });
      await load();
      tell(t("extra.desks.kept", { name: made.name }));
    } catch (error) {
      tell(t("extra.not_saved", { why: why(desk, error) }));
    }
  }

  /** What the dialog shows; the spoken status stays in it. */
  function show(...parts) {
    box.replaceChildren(...parts.filter(Boolean), desk.$("status"));
  }

  function line(snapshot) {
    const facts = [desk.dayAndClock(snapshot.at), t("extra.desks.pinned", { n: snapshot.pinned }),
      snapshot.top > 0 && t("extra.desks.top", { n: snapshot.top })].filter(Boolean).join(" · ");
    const restore = el("button.btn.btn-tint",
      { "aria-label": t("extra.desks.restore_of", { name: snapshot.name }), onclick: () => ask(snapshot) }, t("extra.desks.restore"));
    const remove = el("button.icon-btn", { "aria-label": t("extra.delete_of", { name: snapshot.name }),
      onclick: () => confirm(row, snapshot) }, icon("cross"));
    const row = el("li", { dataset: { snapshot: snapshot.id } },
      el("div.grow", {}, el("bdi.name", { dir: "auto" }, snapshot.name), el("p", {}, facts)), restore, remove);
    return row;
  }

  /** A deleted desk has no way back, so it is asked in its place. */
  function confirm(row, snapshot) {
    const no = el("button.btn.btn-line", { onclick: load }, t("extra.keep_it"));
    const yes = el("button.btn.btn-alert", { onclick: async () => {
      try {
        await desk.drop(`/api/snapshots/${encodeURIComponent(snapshot.id)}`);
        tell(t("extra.desks.deleted", { name: snapshot.name }));
      } catch (error) {
        tell(why(desk, error));
      }
      await load();
      name.focus();
    } }, t("extra.delete"));
    row.replaceChildren(el("div.grow", {}, el("bdi.name", { dir: "auto" }, t("extra.desks.ask_delete", { name: snapshot.name }))), no, yes);
    no.focus();
  }

  async function ask(snapshot) {
    try {
      preview(await desk.get(`/api/snapshots/${encodeURIComponent(snapshot.id)}`));
    } catch (error) {
      tell(why(desk, error));
    }
  }

  function preview(snapshot) {
    const { pin, top, missing } = snapshot;
    const point = (look, words) => el("li", {}, icon(look), el("span", {}, words));
    const later = topNow(desk).filter((id) => !top.includes(id)); // on top since then
    const nothing = !pin.length && sameTop(desk, top);
    const points = [point("pin", pin.length ? t("extra.desks.pin", { n: pin.length }) : t("extra.desks.pin_none"))];
    if (top.length && !sameTop(desk, top)) points.push(point("top", t("extra.desks.order", { n: top.length })));
    if (missing.length) points.push(point("queue", gone(desk, missing)));
    if (pin.length) points.push(point("message", t("desk.ask.notes", { n: pin.length })), point("undo", t("desk.ask.undo")));
    const cancel = el("button.btn.btn-line", { onclick: () => { show(front); load(); name.focus(); } }, t("desk.back"));
    const exact = el("input.box", { type: "checkbox", onchange: () => { go.hidden = nothing && !exact.checked; } });
    const go = el("button.btn.btn-fill", { hidden: nothing, dataset: { action: "pin" },
      onclick: () => { box.close(); restore(desk, snapshot, exact.checked ? later : []); } }, t("extra.desks.restore"));
    show(el("h2", {}, t("extra.desks.ask", { name: snapshot.name })), el("p", {}, t(nothing ? "extra.desks.nothing" : "extra.desks.stays")),
      el("ul.points", {}, ...points), later.length > 0 && el("label.check", {}, exact, t("extra.desks.exact", { n: later.length })),
        el("div.buttons", {}, cancel, go));
    (nothing ? cancel : go).focus();
  }
});

/** A name that still means something next week. */
const stamp = ({ now }) => new Intl.DateTimeFormat(`${document.documentElement.lang}-u-nu-latn`,
  { weekday: "long", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(now());

const topNow = ({ state }) => [...state.dialogs.values()].filter((dialog) => dialog.top)
  .sort((a, b) => a.top_rank - b.top_rank).map((dialog) => dialog.chat_id);
/** Whether those stand first and in this order already. */
const sameTop = (desk, wanted) => topNow(desk).slice(0, wanted.length).join() === wanted.join();

function gone({ t }, missing) {
  const names = missing.slice(0, NAMES).map((one) => one.client_name || `#${one.chat_id}`).join(t("desk.comma"));
  const more = missing.length > NAMES ? ` ${t("extra.desks.more", { n: missing.length - NAMES })}` : "";
  return t("extra.desks.missing", { n: missing.length, names: names + more });
}

/** Pins what was pinned, orders Top, and takes `later` from it. */
async function restore(desk, { pin, top }, later) {
  if ((pin.length || later.length) && isRunning(desk)) return;
  if (pin.length) await desk.run("pin", pin);
  if (later.length) await desk.run("untop", later);
  if (sameTop(desk, top)) return;
  try {
    await desk.put("/api/top", { chat_ids: top });
    // beside the run's own toast with its way back it would be too much
    if (!pin.length && !later.length) desk.toast(desk.t("extra.desks.done"));
    desk.say(desk.t("extra.desks.done"));
  } catch (error) {
    desk.toast(why(desk, error));
    desk.say(why(desk, error));
  }
  desk.refreshSoon(0);
}
