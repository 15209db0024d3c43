// The journal beside the list: what was done here, with its ways back.

export function open(desk) {
  const { t, el, icon, state } = desk;
  const list = desk.openPanel("journal", t("desk.journal"), el("div.journal"));
  const find = t("desk.surface.journal");
  list.parentNode.querySelector(".close").before(el("button.icon-btn",
    { "aria-label": find, title: find, onclick: () => desk.openExtra("journal") }, icon("search")));
  const again = () => {
    if (state.panel === "journal" && list.isConnected) load(desk, list);
    else document.removeEventListener("desk:undone", again);
  };
  document.addEventListener("desk:undone", again);
  return load(desk, list);
}

async function load(desk, list, before) {
  const { el, t, get, explain, Refusal } = desk;
  try {
    const { entries, more: older } = await get("/api/journal?limit=50" + (before ? `&before=${encodeURIComponent(before)}` : ""));
    if (!before) list.replaceChildren();
    if (!before && !entries.length) list.append(el("p.aside", {}, t("desk.journal.empty")));
    for (const entry of entries) add(desk, list, entry);
    if (older) {
      const more = el("button.btn", { onclick: () => { more.remove(); load(desk, list, entries.at(-1).id); } }, t("desk.journal.more"));
      list.append(more);
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    list.append(el("p.aside", {}, explain(error)));
  }
}

/** One entry under its day; `heading` and what stands below its words differ between panel and page. */
export function add(desk, list, entry, heading = "h3", below = failures) {
  const { el, t, day, clock, now, tally, sentence, undoButton, entryTitle } = desk;
  const label = day(entry.at);
  if (list.dataset.day !== label || !list.firstChild) list.append(el(heading, {}, (list.dataset.day = label)));
  const { good, already, bad, unsure } = tally(entry.results);
  const facts = [good.length && t("desk.entry.done", { n: good.length }), already.length && t("desk.sum.already", { n: already.length }),
    unsure.length && t("desk.sum.unsure", { n: unsure.length }), bad.length && t("desk.sum.not", { n: bad.length })].filter(Boolean);
  const single = entry.results.length === 1 ? (good.length ? t("desk.entry.one_done") : sentence(entry.action, entry.results))
    : facts.join(" · ");
  const way = entry.undo ? undoButton(entry.undo,
    entry.undo.count < entry.results.length ? t("desk.undo_n", { n: entry.undo.count }) : t("desk.undo"), ".btn-link")
    : entry.source !== "undo" && good.length ? el("span.ended", {},
      t(now() - Date.parse(entry.at) < 864e5 ? "desk.undone_already" : "desk.undo_ended")) : "";
  list.append(el("div.entry", {}, el("time", {}, clock(entry.at)),
    el("div", {}, el("b", {}, entryTitle(entry)), el("p", {}, entry.source === "auto" && `${t("desk.entry.auto")} · `, single),
    ...(entry.results.length > 1 ? below(desk, entry, bad) : [])), way));
}

const failures = ({ el, icon, nameOf, reason }, entry, bad) =>
  bad.slice(0, 10).map((result) => el("p.bad", {}, icon("alert"),
    el("span", {}, el("b", {}, nameOf(result)), " · ", reason(result, entry.action))));
