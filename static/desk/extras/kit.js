// What every surface stands on: words and styles that are fetched once, and a page that takes the desk's place.
// A page is no dialog: the banner, the toasts and the spoken status stay as they are.

const root = new URL("../../", import.meta.url);
let loading = null;
let shown = null;

async function fetchWords({ addWords }) {
  const answer = await fetch(new URL(`words/extra.${document.documentElement.lang}.json`, root));
  if (!answer.ok) throw new Error("no words");
  addWords(await answer.json());
}

/** Makes a module's `open`: words and styles are there before `build(desk, ...args)` draws. */
export const surface = (build) => async (desk, ...args) => {
  loading ??= Promise.all([fetchWords(desk), desk.style("extras")]);
  try {
    await loading;
  } catch {
    loading = null;
    return desk.say(desk.t("desk.offline_action"));
  }
  return build(desk, ...args);
};

/** Puts a page in the place of the list; Escape and Back lead to the desk again. `{body, foot, leave}`. */
export function openPage(desk, name, title, tools = [], onLeave = () => {}) {
  const { $, el, icon, t } = desk;
  shown?.leave();
  desk.hideToast(); // its Undo is about the desk; the journal keeps the way back
  const before = document.activeElement;
  const heading = el("h1", { id: "surface-title", tabIndex: -1 }, title);
  const back = el("button.icon-btn.back", { "aria-label": t("desk.back"), title: t("desk.back"), onclick: () => page.leave() },
    icon("back"));
  const body = el("div.surface-body");
  const foot = el("div.surface-foot", { hidden: true });
  const node = el("section.surface", { id: "surface", "aria-labelledby": "surface-title", dataset: { surface: name } },
    el("header.surface-head", {}, back, heading, el("span.space"), ...tools), el("div.card.surface-card", {}, body, foot));
  const keys = (event) => watch(event, page);
  const page = { body, foot, node, leave };
  function leave() {
    document.removeEventListener("keydown", keys, true);
    document.body.classList.remove("with-surface");
    node.remove();
    shown = null;
    onLeave();
    desk.changed();
    (before?.isConnected && before.offsetParent ? before : $("more")).focus({ preventScroll: true });
  }
  shown = page;
  document.body.classList.add("with-surface");
  $("toasts").before(node);
  document.addEventListener("keydown", keys, true);
  heading.focus({ preventScroll: true });
  return page;
}

/** Escape goes back; the palette acts on the desk, so the page makes room for it. Menus and dialogs come first. */
function watch(event, page) {
  if (document.querySelector("dialog[open], .menu")) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") return page.leave();
  if (event.key !== "Escape" || event.isComposing) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (event.target.type === "search" && event.target.value) {
    event.target.value = "";
    event.target.dispatchEvent(new Event("input"));
  } else page.leave();
}

/** A message in the place of content. */
export const instead = ({ el, icon }, look, title, text = "", ...buttons) => el("div.state", {}, el("span.state-icon", {}, icon(look, "")),
  el("h2", {}, title),
  text && el("p", {}, text), buttons.length > 0 && el("div.buttons", {}, ...buttons));

/** What a refused request means; a route that is not there yet is told as such. */
export const why = (desk, error) => {
  if (!(error instanceof desk.Refusal)) throw error;
  return error.status === 404 ? desk.t("extra.missing") : desk.explain(error);
};

/** Only one run at a time: says so and returns true while another is under way. */
export function isRunning({ state, t, toast, say }) {
  if (!state.run || state.run.ended) return false;
  toast(t("desk.run.one_at_a_time"));
  say(t("desk.run.one_at_a_time"));
  return true;
}

/** The line that greets is answered once one of its surfaces was opened, however. */
export function greeted({ $, boot, prefer }, more = {}) {
  $("greeting")?.remove();
  prefer({ ...more, ...(boot.version && { whats_new: boot.version }) });
}

/** Says a result where it belongs and through the page's one spoken region. */
export const teller = ({ say }, node) => (words) => {
  node.textContent = words;
  say(words);
};

export const every = (desk) => [...desk.state.dialogs.values()].filter((dialog) => !desk.state.ghosts.has(dialog.chat_id));

/** A select with its label: `options` are [value, words]; `row()` is a line of a form, `alone` just the field. */
export function select({ el, icon }, label, options, value, onchange, id = "surface-select") {
  const box = el("select.field", { id, onchange: () => onchange(box.value, box) },
    ...options.map(([key, words]) => el("option", { value: key }, words)));
  box.value = String(value);
  const alone = el("span.select", {}, box, icon("down", "s18"));
  return { box, alone, row: (note = null) => el("div.setting", {},
    el("div", {}, el("label", { htmlFor: id }, label), note && el("p", {}, note)), alone) };
}

const dated = (name, ending) => `pinline-${name}-${new Date().toLocaleDateString("sv")}.${ending}`;

/** Hands a file to the browser's downloads. */
export function save(blob, name, ending = "csv") {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = dated(name, ending);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// A spreadsheet takes cells that begin so for formulas.
const cell = (value) => `"${String(value ?? "").replace(/^(?=[=+\-@\t\r])/, "'").replaceAll('"', '""')}"`;

/** Rows as CSV; the mark at the start tells spreadsheets that it is UTF-8. */
export const csv = (rows) => new Blob(["\ufeff", ...rows.map((row) => `${row.map(cell).join(",")}\r\n`)],
  { type: "text/csv;charset=utf-8" });
