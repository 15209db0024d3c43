// Everything around the rows: counters, freshness, the banner, and what stands in place of the list.

import { $, attr, el, flag, hide, icon, text } from "./dom.js";
import { drawDock, pickAll, start, targets } from "./bulk.js";
import { openExtra } from "./extras.js";
import { drawList } from "./list.js";
import { drawPanel } from "./panel.js";
import { nextAt, refresh } from "./polling.js";
import { autoOff, MINUTE, silentFor } from "./row.js";
import { changed, setting, state } from "./state.js";
import { clock, clockSeconds, duration, now } from "./time.js";
import { conditions, counts, lines, ownFilter, savedView, sequence, sortOf, VIEWS } from "./views.js";
import { t } from "./words.js";

export const openFilter = () => openExtra("triage", $("filter"));

export function clearFilter() {
  state.filter = {};
  changed();
}

/** The filter goes along through our own views; a saved one has its own and leaves ours as it was. */
export function setView(view) {
  state.aside = ownFilter();
  state.view = view;
  state.filter = VIEWS[view] ? state.aside : {};
  $("rows").scrollTop = 0;
  changed();
}

const copy = (code) => el("button.btn.btn-line",
  { onclick: (event) => { navigator.clipboard?.writeText(code); text(event.target, t("desk.copied")); } }, t("desk.copy_code"));
const again = (look, words) => el(`button.btn${look}`, { onclick: refresh }, words);

function stateOf() {
  const { trouble } = state;
  if (!state.known && !trouble) return { key: "loading", look: "hourglass", title: t("desk.loading") };
  if (trouble && !state.known) {
    if (trouble.code === "forbidden") {
      const rights = trouble.message === t("error.no_rights"); // else the app is gone, or the subscription
      return { key: "rights", look: "lock", title: t(`desk.${rights ? "rights" : "broken"}.title`),
        text: rights ? t("desk.rights.text") : trouble.message, buttons: [again(".btn-line", t("desk.check_again"))] };
    }
    if (trouble.code === "portal_busy") return { key: "busy", look: "hourglass", title: t("desk.busy.title"), text: t("desk.busy.text"),
      buttons: [again(".btn-line", t("desk.try_again"))] };
    if (trouble.code === "offline") return { key: "offline", look: "no-wifi", title: t("desk.offline.title"), text: "",
      buttons: [again(".btn-fill", t("desk.try_again"))] };
    const code = trouble.request_id;
    return { key: "broken", look: "bug", title: t("desk.broken.title"),
      text: code ? t("desk.broken.text", { code }) : t("desk.broken.text_no_code"),
      buttons: [again(".btn-fill", t("desk.try_again")), code && copy(code)] };
  }
  if (sequence().length) return null;
  if (!state.dialogs.size) return { key: "empty", look: "chats", title: t("desk.empty.title"), text: t("desk.empty.text") };
  if (state.query.trim()) {
    return { key: `none${state.query}`, look: "search", title: t("desk.none.title", { query: state.query.trim() }),
      text: t("desk.none.text"),
      buttons: [el("button.btn.btn-line", { onclick: () => { state.query = $("search").value = ""; changed(); $("search").focus(); } },
        t("desk.clear_search"))] };
  }
  if (conditions() || savedView()) {
    return { key: `filter${state.view}`, look: "filter", title: t("desk.view_empty.filter"), text: "",
      buttons: [conditions(state.filter) > 0 && el("button.btn.btn-line", { onclick: clearFilter }, t("desk.filter.clear"))] };
  }
  const line = state.line && state.view === "all";
  return { key: `view${state.view}${state.line}`,
    look: { silent: "silent", pinned: "pin", top: "top", closing: "timer" }[state.view] ?? "chats",
    title: t(line ? "desk.view_empty.line" : `desk.view_empty.${state.view}`),
    text: state.view === "pinned" || state.view === "top" ? t(`desk.view_teach.${state.view}`) : "" };
}

function drawState() {
  const shown = stateOf();
  const box = $("state");
  hide(box, !shown);
  hide($("list"), !!shown);
  for (const part of document.querySelectorAll(".views, #fresh, [data-preview], #search-open, .search, #greeting"))
    hide(part, !state.known);
  for (const button of document.querySelectorAll(".toolbar [data-preview]")) button.disabled = !state.dialogs.size;
  if (!shown || box.dataset.key === shown.key) return void (shown || (box.dataset.key = ""));
  box.dataset.key = shown.key;
  box.replaceChildren(el("div.state", {}, el("span.state-icon", {}, icon(shown.look, "")), el("h2", {}, shown.title),
    shown.text && el("p", {}, shown.text),
    shown.buttons && el("div.buttons", {}, ...shown.buttons.filter(Boolean))));
  if (shown.key === "empty") openExtra("empty", box.firstChild);
}

function bannerOf() {
  const { link } = state;
  const age = duration(now() - state.readAt);
  if (link.state === "signing") return { look: "low", icon: "lock", text: t("desk.signing") };
  if (!state.known) return null;
  if (link.state === "offline") return { look: "warn low", icon: "no-wifi", text: t("desk.offline.banner", { age }), retry: true };
  if (link.state === "busy") return { look: "low", icon: "hourglass", text: busyWords() };
  if (link.state === "stale") return { look: "warn low", icon: "alert", text: link.notice || t("desk.stale.banner", { age }), retry: true };
  const many = state.dialogs.size;
  if (many >= 900 && state.preferences.ceiling_dismissed !== new Date(now()).toISOString().slice(0, 10)) return { look: "warn",
    icon: "alert", text: t("desk.ceiling", { n: many }), ceiling: true };
  const silent = state.view === "silent" ? targets("unsilence") : [];
  if (silent.length) return { look: "alert", icon: "silent",
    text: [t("desk.silent_banner", { n: silent.length }), autoOff(silent[0])].filter(Boolean).join(" "), silent };
  const notice = state.notices?.[0];
  return notice ? { look: "", icon: "alert", text: notice.message } : null;
}

/** Only a run waits for a busy portal; a click that it did not take is given up, and just the list is asked again. */
function busyWords() {
  if (state.run && !state.run.ended) return t("desk.busy.banner_soon");
  const seconds = Math.max(0, Math.round((nextAt - Date.now()) / 1000));
  return seconds > 90 ? t("desk.busy.banner", { at: clock(now() + seconds * 1000) }) : t("desk.busy.banner_in", { n: seconds });
}

function drawBanner(dismissCeiling) {
  const shown = bannerOf();
  const box = $("banner");
  hide(box, !shown);
  const key = shown ? [shown.look, shown.icon, shown.retry, shown.silent?.length].join() : "";
  if (shown && box.dataset.key === key) return text(box.querySelector(".text"), shown.text); // its button keeps the focus
  box.dataset.key = key;
  if (!shown) return;
  box.className = `banner ${shown.look}`;
  box.replaceChildren(icon(shown.icon), el("span.text", {}, shown.text), ...[shown.retry && again("", t("desk.try_now")),
    shown.silent && el("button.btn.btn-alert",
      { dataset: { action: "unsilence" }, onclick: () => start("unsilence", targets("unsilence")) },
      t("desk.do.unsilence", { n: shown.silent.length })),
    shown.ceiling && el("button.icon-btn", { "aria-label": t("desk.close"), onclick: dismissCeiling }, icon("cross"))].filter(Boolean));
}

/** The chip says for how long a client has not been seeing anything, the longest of all, where that is known. It stays while there is one,
    whatever line or search leave of them. */
function drawSilentChip(number) {
  const on = [...state.dialogs.values()].filter((dialog) => dialog.silent && !state.ghosts.has(dialog.chat_id));
  const since = Math.max(0, ...on.map(silentFor));
  const before = on.some((dialog) => !dialog.silent_since);
  const chip = document.querySelector(".view-silent");
  hide(chip, !on.length && state.view !== "silent");
  if (number < on.length) text(chip.querySelector(".num"), t("desk.n_of", { n: number, total: on.length }));
  text(chip.querySelector(".for"), !before && since >= MINUTE ? duration(since) : "");
  attr(chip, "title", [before && t("desk.silent_before_why"),
    since && t("desk.silent_longest", { time: duration(since) })].filter(Boolean).join(" ") || null);
}

/** Saved views stand beside ours as chips with counters; those without room move into a menu. One that is chosen there
    stands first, so that a list is never narrowed by what nobody sees. */
function drawSaved(numbers) {
  const box = $("saved");
  const key = JSON.stringify(state.views.map(({ id, name, shared }) => [id, name, shared]));
  if (box.dataset.key !== key) {
    box.dataset.key = key;
    box.replaceChildren(...state.views.map((view) => el("button.view",
      { inert: true, dataset: { view: String(view.id) },
        title: t(view.shared ? "desk.view_shared" : "desk.view_own", { name: view.name }) },
      el("bdi", { dir: "auto" }, view.name), el("span.num"))));
    if (!VIEWS[state.view] && !savedView()) state.view = "all";
  }
  let over = 0;
  for (const chip of box.children) {
    const chosen = state.view === chip.dataset.view;
    attr(chip, "aria-pressed", chosen);
    text(chip.lastChild, String(numbers[chip.dataset.view] ?? 0));
    flag(chip, "first", chosen && (chip.inert || chip.matches(".first")));
  }
  for (const chip of box.children) {
    chip.inert = chip.offsetTop > 4 || !chip.offsetWidth;
    if (chip.inert) over++;
  }
  hide($("more-views"), !over);
  text($("more-views").querySelector(".num"), over ? `+${over}` : "");
  attr($("more-views"), "aria-label", `${t("desk.views_more")} +${over}`);
}

/** Where the strip of views goes on it fades out; the chosen view is never beyond. */
function drawEdges() {
  const strip = $("tabs");
  const left = Math.abs(strip.scrollLeft); // negative from right to left
  flag(strip, "before", left > 1);
  flag(strip, "after", strip.scrollWidth - strip.clientWidth - left > 1);
}
let inSight = "";
function showChosen(view = state.view) {
  inSight = view;
  $("tabs").querySelector(`[data-view="${view}"]`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  drawEdges();
}

function drawFilterButton() {
  const n = conditions();
  const sort = sortOf();
  flag($("filter"), "on", n > 0 || sort !== (state.view === "closing" ? "closing" : "waiting"));
  text($("filter").querySelector(".num"), n ? String(n) : "");
  attr($("filter"), "title", [t("desk.filter.title"), n && t("desk.filter.n", { n }),
    sort !== "waiting" && t("desk.sorted_by", { sort: t(`desk.sort.${sort}`) })].filter(Boolean).join(" · "));
}

function drawToolbar() {
  const numbers = counts();
  for (const button of document.querySelectorAll(".views [data-view]")) {
    const { view } = button.dataset;
    attr(button, "aria-pressed", state.view === view);
    text(button.querySelector(".num"), String(numbers[view]));
    if (view === "closing") hide(button, !numbers.closing && state.view !== "closing");
  }
  drawSilentChip(numbers.silent);
  drawSaved(numbers);
  drawFilterButton();
  const select = $("line");
  const options = lines();
  hide(select.parentNode, options.length < 2);
  const key = JSON.stringify(options);
  if (select.dataset.key !== key) {
    select.dataset.key = key;
    select.replaceChildren(select.options[0], ...options.map(([value, name]) => el("option", { value }, name)));
    if (!options.some(([value]) => value === state.line)) state.line = "";
    select.value = state.line;
  }
  const fresh = $("fresh");
  const old = state.readAt && now() - state.readAt > 150e3;
  attr(fresh, "data-state", state.link.state === "ok" && old ? "stale" : state.link.state);
  text($("as-of"), state.readAt ? clockSeconds(state.readAt) : "");
  attr($("as-of"), "datetime", state.readAt ? new Date(state.readAt).toISOString() : null);
  attr(fresh, "title", [old && t("desk.age", { age: duration(now() - state.readAt) }),
    t("desk.next_check", { n: Math.max(0, Math.round((nextAt - Date.now()) / 1000)) })].filter(Boolean).join(" "));
  const all = $("pick-all");
  const rows = sequence().filter((id) => !state.ghosts.has(id) && state.dialogs.get(id)?.stage !== "queue");
  const chosen = rows.filter((id) => state.picked.has(id)).length;
  all.checked = chosen > 0 && chosen === rows.length;
  all.indeterminate = chosen > 0 && chosen < rows.length;
  if (fit()) drawSaved(numbers), showChosen();
  else if (inSight !== state.view) showChosen();
  else drawEdges();
}

let fitted = "";
/** Makes the views smaller, step by step, only where they do not fit otherwise; false when nothing was to be measured anew. */
function fit() {
  const strip = $("tabs");
  const ours = strip.parentNode;
  const key = [innerWidth, state.view, state.views.length, conditions(), lines().length, ours.textContent].join();
  if (fitted === key) return false;
  fitted = key;
  hide($("more-views"), !state.views.length);
  for (let step = 0; step < 5; step++) {
    ours.parentNode.className = ["views", "fit1", "fit2", "fit3", "fit4"].slice(0, step + 1).join(" ");
    if (strip.scrollWidth <= strip.clientWidth) break;
  }
  return true;
}

/** Draws the whole page from the state; unchanged nodes are left alone. */
export function drawer(dismissCeiling) {
  $("pick-all").addEventListener("change", (event) => pickAll(event.target.checked && !event.target.indeterminate));
  $("tabs").addEventListener("scroll", drawEdges);
  new ResizeObserver(() => { if (fit()) changed(); showChosen(); }).observe($("tabs"));
  return () => {
    flag($("desk"), "offline", state.link.state === "offline");
    flag($("desk"), "dense", setting("density") === "compact");
    drawToolbar();
    drawBanner(dismissCeiling);
    drawList();
    drawState();
    drawDock();
    drawPanel();
  };
}
