// Settings: the operator's own take effect at once; those for everybody in the portal are saved together, by administrators.

import { openPage, select, surface, teller, why } from "./kit.js";

const CHOICES = {
  theme: ["auto", "light", "dark"],
  density: ["normal", "compact"],
  shortcuts: ["on", "modifier", "off"],
  auto_silent_off: [0, 15, 30, 60, 120],
  sort: null, // the orders that the list knows
  view: null, // ours and the saved ones
  language: null, // those that there are words for
};
const DEFAULTS = ["theme", "density", "shortcuts", "sort", "view", "language"];
const OURS = { theme: "auto", density: "normal", shortcuts: "on", auto_silent_off: 0, sort: "waiting", view: "all", language: "" };
const INHERIT = " ";

export const open = surface(async (desk) => {
  const { el, t } = desk;
  const told = el("p.told");
  const tell = teller(desk, told);
  const page = openPage(desk, "settings", t("desk.surface.settings"), [told]);
  page.body.classList.add("narrow");
  const [settings, languages] = await Promise.all([load(desk), fetchLanguages()]);
  if (!page.node.isConnected) return;
  CHOICES.language = ["", ...languages];
  CHOICES.sort = Object.keys(desk.ORDERS);
  page.body.append(mine(desk, settings, tell));
  if (settings.may_edit_portal) page.body.append(everybody(desk, settings, tell));
});

async function load(desk) {
  const { state } = desk;
  try {
    state.settings = await desk.get("/api/settings");
  } catch (error) {
    why(desk, error);
  }
  return state.settings ?? { operator: {}, portal: { defaults: {} }, may_edit_portal: false };
}

async function fetchLanguages() {
  const answer = await fetch(new URL("../../words/languages.json", import.meta.url)).catch(() => null);
  return answer?.ok ? answer.json() : [document.documentElement.lang];
}

/** The value of a setting in words. */
function words({ t, VIEWS, savedView }, key, value) {
  if (key === "sort") return t(`desk.sort.${value}`);
  if (key === "view") return VIEWS[value] ? t(`desk.view.${value}`) : savedView(value)?.name ?? t("desk.view.all");
  if (key === "auto_silent_off") return Number(value) ? t("extra.set.after", { n: Number(value) }) : t("extra.set.never");
  if (key !== "language") return t(`extra.set.${key}.${value}`);
  if (!value) return t("extra.set.language.portal");
  const name = new Intl.DisplayNames([value], { type: "language" }).of(value);
  return name.charAt(0).toLocaleUpperCase(value) + name.slice(1);
}

/** For everybody only views that everybody has. */
const views = ({ VIEWS, state }, all) => [...Object.keys(VIEWS),
  ...state.views.filter(({ shared }) => shared || !all).map(({ id }) => String(id))];
const choices = (desk, key, all) => (key === "view" ? views(desk, all) : CHOICES[key]);
const options = (desk, key, all = false) => choices(desk, key, all).map((value) => [value, words(desk, key, value)]);
const typed = (key, value) => (key === "auto_silent_off" ? Number(value) : value);
const note = ({ t, has }, key) => (has(`extra.set.${key}_note`) ? t(`extra.set.${key}_note`) : null);

const portalHas = (portal, key) => (key === "auto_silent_off" ? portal.auto_silent_off > 0 : portal.defaults?.[key] !== undefined);

function mine(desk, { operator: own, portal }, tell) {
  const { el, t, state } = desk;
  const inherited = (key) => (key === "auto_silent_off" ? portal.auto_silent_off : portal.defaults?.[key]) ?? OURS[key];
  const rows = Object.keys(CHOICES).map((key) => {
    const chosen = async (value, box) => {
      const before = state.preferences[key];
      const given = value === INHERIT ? null : typed(key, value);
      state.preferences[key] = given ?? inherited(key);
      show(desk, key);
      try {
        await desk.put("/api/preferences", { [key]: given });
        own[key] = given ?? undefined;
        tell(t("extra.saved"));
      } catch (error) {
        state.preferences[key] = before;
        box.value = String(own[key] ?? (portalHas(portal, key) ? INHERIT : OURS[key]));
        show(desk, key);
        tell(t("extra.not_saved", { why: why(desk, error) }));
      }
    };
    const inherits = portalHas(portal, key); // the portal's choice is offered where there is one
    const known = choices(desk, key).includes(own[key]) ? own[key] : inherits ? INHERIT : OURS[key];
    return select(desk, t(`extra.set.${key}`),
      [...(inherits ? [[INHERIT, t("extra.set.inherit", { value: words(desk, key, inherited(key)) })]] : []), ...options(desk, key)],
      known, chosen, `set-${key}`).row(note(desk, key));
  });
  return el("section.settings", { "aria-labelledby": "set-mine" }, el("h2", { id: "set-mine" }, t("extra.set.mine")), ...rows);
}

function show(desk, key) {
  if (key === "theme") desk.setTheme(desk.setting("theme"));
  if (key === "sort") desk.sortNow();
  desk.changed();
}

function everybody(desk, { portal }, tell) {
  const { el, t, state } = desk;
  const changed = { defaults: { ...portal.defaults }, auto_silent_off: portal.auto_silent_off ?? 0,
    retention_days: portal.retention_days ?? 90 };
  const choose = (key) => select(desk, t(`extra.set.${key}`), options(desk, key, true),
    key === "auto_silent_off" ? changed.auto_silent_off : changed.defaults[key] ?? OURS[key], (value) => {
    if (key === "auto_silent_off") changed.auto_silent_off = Number(value);
    else changed.defaults[key] = value;
  }, `all-${key}`).row(key === "language" ? null : note(desk, key));
  const days = el("input.field.days", { type: "number", id: "all-retention", min: "7", max: "365", value: String(changed.retention_days),
    "aria-describedby": "all-days" });
  const retention = el("div.setting", {}, el("div", {}, el("label", { htmlFor: "all-retention" }, t("extra.set.retention")),
    el("p", {}, t("extra.set.retention_note"))), el("div.days-box", {}, days, el("span", { id: "all-days" }, t("extra.set.days"))));
  const form = el("form", { noValidate: true, onsubmit: async (event) => {
    event.preventDefault();
    changed.retention_days = Number(days.value);
    const wrong = !Number.isInteger(changed.retention_days) || changed.retention_days < 7 || changed.retention_days > 365;
    days.setAttribute("aria-invalid", String(wrong));
    if (wrong) return days.focus(), tell(t("extra.not_saved", { why: t("extra.set.days_wrong") }));
    try {
      state.settings = (await desk.put("/api/settings/portal", changed)) ?? { ...state.settings, portal: changed };
      Object.assign(state.preferences, state.settings.effective);
      tell(t("extra.set.saved_all"));
      show(desk, "theme");
    } catch (error) {
      tell(t("extra.not_saved", { why: why(desk, error) }));
    }
  } }, ...DEFAULTS.map(choose), choose("auto_silent_off"), retention,
    el("div.buttons", {}, el("button.btn.btn-fill", { type: "submit" }, t("extra.set.save_all"))));
  const shared = el("ul.desks");
  listViews(desk, shared, tell);
  return el("section.settings", { "aria-labelledby": "set-all" }, el("h2", { id: "set-all" }, t("extra.set.all")),
    el("p.lead", {}, t("extra.set.all_text")), form, el("h3", {}, t("extra.set.views")), shared);
}

async function listViews(desk, list, tell) {
  const { el, t, state } = desk;
  try {
    state.views = (await desk.get("/api/views")).views;
    desk.changed();
    const shared = state.views.filter((view) => view.shared);
    list.replaceChildren(...(shared.length ? shared.map((view) => viewLine(desk, list, tell, view))
      : [el("li.none", {}, t("extra.set.views_none"))]));
  } catch (error) {
    list.replaceChildren(el("li.none", {}, why(desk, error)));
  }
}

function viewLine(desk, list, tell, view) {
  const { el, icon, t } = desk;
  const drop = async () => {
    try {
      await desk.drop(`/api/views/${encodeURIComponent(view.id)}`);
      tell(t("extra.set.view_deleted", { name: view.name }));
    } catch (error) {
      tell(why(desk, error));
    }
    await listViews(desk, list, tell);
    list.querySelector("button")?.focus();
  };
  const row = el("li", {}, el("bdi.name.grow", { dir: "auto" }, view.name),
    el("button.icon-btn", { "aria-label": t("extra.delete_of", { name: view.name }), onclick: () => {
    const no = el("button.btn.btn-line", { onclick: () => listViews(desk, list, tell) }, t("extra.keep_it"));
    row.replaceChildren(el("bdi.name.grow", { dir: "auto" }, t("extra.desks.ask_delete", { name: view.name })), no,
      el("button.btn.btn-alert", { onclick: drop }, t("extra.delete")));
    no.focus();
  } }, icon("cross")));
  return row;
}
