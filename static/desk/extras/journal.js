// The journal as a page: everything the operator did, found by client or action, taken back, carried off as a table.

import { add, staying } from "./entries.js";
import { instead, openPage, save, select, surface, teller, why } from "./kit.js";

const PAGE = 50;

export const open = surface((desk) => {
  const { el, icon, t, state } = desk;
  const asked = { q: "", action: "" };
  const list = el("div.entries");
  const found = el("p.found");
  const tell = teller(desk, found);
  const search = el("input.field", { type: "search", placeholder: t("extra.journal.search"), "aria-label": t("extra.journal.search"),
    maxLength: 100, autocomplete: "off", spellcheck: false });
  const action = select(desk, t("extra.journal.action"),
    [["", t("extra.journal.all")], ...[...state.actions].map((name) => [name, t(`extra.action.${name}`)])], "",
    (value) => { asked.action = value; load(); });
  action.box.setAttribute("aria-label", t("extra.journal.action"));
  const carry = el("button.btn.btn-line", { onclick: exported }, t("extra.journal.export"));
  const again = () => load();
  const page = openPage(desk, "journal", t("desk.journal"), [carry], () => document.removeEventListener("desk:undone", again));
  page.body.append(el("div.filters", {}, el("div.search", {}, icon("search", "s18"), search), action.alone, found), list);
  document.addEventListener("desk:undone", again);
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { asked.q = search.value.trim(); load(); }, 250);
  });
  const query = (more = {}) => new URLSearchParams(Object.entries({ ...asked, ...more }).filter(([, value]) => value));

  let turn = 0;
  async function load(before = "") {
    const mine = ++turn;
    try {
      const answer = await desk.get(`/api/journal?${query({ limit: PAGE, before })}`);
      if (mine === turn) fill(answer, before);
    } catch (error) {
      if (mine === turn) list.replaceChildren(instead(desk, "bug", why(desk, error), "",
        el("button.btn.btn-line", { onclick: again }, t("desk.try_again"))));
    }
  }

  function fill({ entries, more: older }, before) {
    const stay = staying(list);
    if (!before) list.replaceChildren(), delete list.dataset.day;
    for (const entry of entries) add(desk, list, entry, "h2", results);
    if (older) {
      const more = el("button.btn.btn-line.more-entries", { onclick: () => { more.remove(); load(entries.at(-1).id); } },
        t("desk.journal.more"));
      list.append(more);
    }
    const n = list.querySelectorAll(".entry").length;
    const filtered = asked.q || asked.action;
    if (!filtered) found.textContent = "";
    else if (!n) found.textContent = "", desk.say(t("extra.journal.none"));
    else tell(older ? t("extra.journal.found_more", { n }) : t("extra.journal.found", { n }));
    if (!n) list.append(filtered ? instead(desk, "search", t("extra.journal.none"), t("extra.journal.none_text"))
      : instead(desk, "undo", t("desk.journal"), t("desk.journal.empty")));
    stay();
  }

  async function exported() {
    carry.disabled = true;
    try {
      save(await desk.getFile(`/api/journal.csv?${query()}`), "journal");
      desk.say(t("extra.journal.exported"));
      desk.toast(t("extra.journal.exported"));
    } catch (error) {
      desk.toast(why(desk, error));
      desk.say(why(desk, error));
    }
    carry.disabled = false;
  }
  load();
});

/** Every dialog of an entry, on demand. */
function results({ el, t, nameOf, tally, reason }, { results: all, action }, bad) {
  const good = new Set(tally(all).good);
  return [el("details", {}, el("summary", {}, t("extra.journal.results", { n: all.length })), el("ul", {}, ...all.map((result) => {
    const told = good.has(result) ? "" : result.message || (bad.includes(result) ? reason(result, action) : "");
    const named = !told.includes(result.client_name);
    return el(`li${bad.includes(result) ? ".bad" : ""}`, {}, named && el("b", {}, nameOf(result)), named && told && " · ", told);
  })))];
}
