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
    const stay = staying(list);
    if (!before) list.replaceChildren();
    if (!before && !entries.length) list.append(el("p.aside", {}, t("desk.journal.empty")));
    for (const entry of entries) add(desk, list, entry);
    if (older) {
      const more = el("button.btn", { onclick: () => { more.remove(); load(desk, list, entries.at(-1).id); } }, t("desk.journal.more"));
      list.append(more);
    }
    stay();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    list.append(el("p.aside", {}, explain(error)));
  }
}

/** The focus stays at its entry when the list is filled anew. */
export function staying(list) {
  const id = list.contains(document.activeElement) && document.activeElement.closest(".entry")?.dataset.entry;
  return () => {
    const entry = id && [...list.querySelectorAll(".entry")].find((one) => one.dataset.entry === id);
    if (entry) (entry.querySelector("button") ?? entry).focus({ preventScroll: true });
  };
}

const HERE_ONLY = "here_only";
const tookBack = new Map(); // entry -> results of its undo, which stands above it

/** One entry under its day; `heading` and what stands below its words differ between panel and page. */
export function add(desk, list, entry, heading = "h3", below = failures) {
  const { el, t, day, clock, tally, sentence, entryTitle, SWITCHES } = desk;
  const label = day(entry.at);
  if (list.dataset.day !== label || !list.firstChild) list.append(el(heading, {}, (list.dataset.day = label)));
  const { good, already, bad, unsure } = tally(entry.results);
  const undid = entry.source === "undo";
  if (entry.undoes) tookBack.set(entry.undoes, entry.results);
  const act = entry.action.replace("_all", "");
  const left = undid ? bad.filter(({ outcome }) => outcome === "gone").length : 0;
  const here = good.some(({ code }) => code === HERE_ONLY) && t("desk.here_only");
  const done = undid ? (act === SWITCHES.pin.on ? "desk.entry.again" : "desk.sum." + act) : "desk.entry.done";
  const several = entry.results.length > 1;
  const facts = [good.length && !(here && good.length === entry.results.length) && t(done, { n: good.length }), here,
    already.length && t("desk.sum.already", { n: already.length }), unsure.length && t("desk.sum.unsure", { n: unsure.length }),
    left && t("desk.entry.left", { n: left }), bad.length > left && t("desk.sum.not", { n: bad.length - left })].filter(Boolean);
  const words = several ? facts.join(" · ") : good.length ? here || t("desk.entry.one_done") : sentence(entry.action, entry.results);
  list.append(el("div.entry", { tabIndex: -1, dataset: { entry: entry.id } }, el("time", {}, clock(entry.at)),
    el("div", {}, el("b", {}, entryTitle(entry)), el("p", {}, entry.source === "auto" && `${t("desk.entry.auto")} · `, words),
      ...(several ? [names(desk, entry), ...below(desk, entry, bad)] : [])), wayBack(desk, entry, act, good)));
}

/** The first three clients, and how many more. */
function names({ el, t, nameOf }, { results }) {
  const named = results.slice(0, 3).flatMap((result, at) => [at > 0 && t("desk.comma"), nameOf(result)]);
  return el("p", {}, ...named, results.length > 3 && ` +${results.length - 3}`);
}

/** Undo with its number and, for who does not see it, its entry; or what became of it. */
function wayBack(desk, entry, act, good) {
  const { el, t, now, undoButton, entryTitle, openExtra, state, applies, SWITCHES } = desk;
  if (entry.undo) {
    const { count } = entry.undo;
    const words = count > 1 || count < entry.results.length ? t("desk.undo_n", { n: count }) : t("desk.undo");
    const button = undoButton(entry.undo, words, ".btn-link");
    button.setAttribute("aria-label", `${words}: ${entryTitle(entry)}`);
    if (count > 1 && act === SWITCHES.pin.on) { // letting go of several has no way back: first what it will touch
      const { off } = SWITCHES.pin;
      const take = button.onclick;
      button.dataset.preview = off;
      button.onclick = () => {
        const still = new Set(good.map((result) => result.session_id));
        const listed = [...state.dialogs.values()].filter((dialog) => still.has(dialog.session_id));
        const held = listed.length > count ? listed.filter((dialog) => applies(dialog, off)) : listed; // a part was taken back before
        if (held.length) openExtra("asks", "preview", off, held, take, true);
        else take();
      };
    }
    return button;
  }
  // What never had a way back has nothing to tell of it.
  if (entry.source === "undo" || !good.length || !Object.values(SWITCHES).some(({ on, off }) => act === on || act === off)) return "";
  const back = tookBack.get(entry.id);
  const ended = !back && now() - Date.parse(entry.at) >= 864e5;
  const gone = back?.every(({ outcome }) => outcome === "gone");
  return el("span.ended", {}, t(ended ? "desk.undo_ended" : gone ? "desk.gone.left" : "desk.undone_already"));
}

const failures = ({ el, icon, nameOf, reason }, entry, bad) =>
  bad.slice(0, 10).map((result) => {
    const why = reason(result, entry.action);
    const named = !why.includes(result.client_name); // once is enough
    return el("p.bad", {}, icon("alert"), el("span", {}, named && el("b", {}, nameOf(result)), named && " · ", why));
  });
