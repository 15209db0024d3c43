// Which dialogs are shown, in which sections and order. The order stands still while somebody is in the list.

import { setting, state } from "./state.js";
import { now } from "./time.js";
import { language } from "./words.js";

const at = (iso) => (iso ? Date.parse(iso) : 0);
const HOUR = 3600e3;
export const WINDOW = 2 * HOUR; // a reply window that closes within this is told
/** Milliseconds until the client's channel takes no replies any more; Infinity when it always does, or not now. */
export function closesIn(dialog) {
  const left = dialog.reply_closed || !dialog.reply_until ? Infinity : at(dialog.reply_until) - now();
  return left > 0 ? left : Infinity;
}
const waits = (dialog) => dialog.stage === "queue" || (dialog.stage === "work" && dialog.mine);

export const VIEWS = {
  all: () => true,
  waiting: waits,
  unread: (dialog) => dialog.unread > 0,
  pinned: (dialog) => dialog.pinned,
  top: (dialog) => dialog.top,
  closing: (dialog) => closesIn(dialog) < WINDOW,
  silent: (dialog) => dialog.silent === true,
};

const nearest = (a, b) => closesIn(a) - closesIn(b) || longest(a, b);
// Where replies end within the hour comes first, then who waits longest.
const urgent = (dialog) => (closesIn(dialog) < HOUR ? closesIn(dialog) : Infinity);
const longest = (a, b) => urgent(a) - urgent(b) || (at(a.waiting_since) || Infinity) - (at(b.waiting_since) || Infinity) ||
  a.chat_id - b.chat_id;
const latest = (a, b) => at(b.last_message?.at) - at(a.last_message?.at) || a.chat_id - b.chat_id;
// Another order than each section's own.
export const ORDERS = {
  waiting: null,
  unread: (a, b) => b.unread - a.unread || longest(a, b),
  newest: latest,
  closing: nearest,
  line: (a, b) => a.line_name.localeCompare(b.line_name, language) || longest(a, b),
};

// A dialog stands in the first section that fits.
const SECTIONS = [
  ["top", (dialog) => dialog.top && dialog.stage !== "queue", (a, b) => (a.top_rank ?? 1e9) - (b.top_rank ?? 1e9)],
  ["new", (dialog) => dialog.stage === "queue", longest],
  ["waiting", waits, longest],
  ["answered", (dialog) => dialog.mine, latest],
  ["colleagues", () => true, latest],
];
const RANK = SECTIONS.map(([name]) => name);

export const isWaiting = (dialog) => dialog.waiting_since && (dialog.stage === "queue" || dialog.stage === "work");
const sectionOf = (dialog) => SECTIONS.find(([, fits]) => fits(dialog))[0];

const fold = (words) => words.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
const haystacks = new WeakMap();
function haystack(dialog) {
  if (!haystacks.has(dialog)) {
    haystacks.set(dialog, fold([dialog.client_name, dialog.title, dialog.line_name, dialog.last_message?.text].join("\n")));
  }
  return haystacks.get(dialog);
}

export function search(query) {
  const needle = fold(query.trim());
  return (dialog) => !needle || haystack(dialog).includes(needle);
}

const among = (wanted, value) => !wanted?.length || wanted.includes(value);
/** A test for the filter of a saved view or of the page: every key is optional. */
export function passes(filter) {
  const found = search(filter.query ?? "");
  const flags = ["pinned", "top", "silent", "unread", "mine", "crm"].filter((key) => filter[key] !== null && filter[key] !== undefined);
  return (dialog) =>
    among(filter.stages, dialog.stage) && among(filter.lines, dialog.line_id) && among(filter.connectors, dialog.connector) &&
    flags.every((key) => (key === "crm" ? dialog.crm.length > 0 : !!dialog[key]) === filter[key]) &&
    (!filter.waiting_over || (isWaiting(dialog) && now() - at(dialog.waiting_since) > filter.waiting_over * 60e3)) &&
    (!filter.closing_within || closesIn(dialog) < filter.closing_within * 60e3) && found(dialog);
}

export const savedView = (id = state.view) => state.views.find((view) => String(view.id) === id);
// What is changed in the filter of a saved view stands in its place until it is saved or left.
const inView = () => VIEWS[state.view] ?? passes(Object.keys(state.filter).length ? {} : savedView()?.filter ?? {});
/** The order that is in force. */
export const sortOf = () => state.filter.sort ?? savedView()?.filter.sort ?? (state.view === "closing" ? "closing" : setting("sort"));
/** How many conditions beside view, line and search narrow the list. */
export const conditions = (filter = Object.keys(state.filter).length ? state.filter : savedView()?.filter ?? {}) =>
  Object.entries(filter).filter(([key, value]) => key !== "sort" && value !== null && value !== undefined && value !== "" &&
    value.length !== 0).length;

const both = () => [(dialog) => !state.line || String(dialog.line_id) === state.line, search(state.query)];
/** Dialogs that the view, the line, the filter and the search match, in no order. */
export function matching(tests = [inView(), passes(state.filter), ...both()]) {
  return [...state.dialogs.values()].filter((dialog) => tests.every((fits) => fits(dialog)));
}

/** The filter of our own views, without the order that one of them may have for itself. */
export function ownFilter() {
  const { sort, ...filter } = VIEWS[state.view] ? state.filter : state.aside;
  return filter;
}

/** How many dialogs each view shows, or would show at a click: line and search stay, the filter in our own views. */
export function counts() {
  const all = matching(both()).filter((dialog) => !state.ghosts.has(dialog.chat_id));
  const mine = all.filter(passes(ownFilter()));
  const numbers = {};
  for (const view of state.views) numbers[view.id] = all.filter(passes(view.filter)).length;
  for (const [name, fits] of Object.entries(VIEWS)) numbers[name] = mine.filter(fits).length;
  return { ...numbers, [state.view]: matching().filter((dialog) => !state.ghosts.has(dialog.chat_id)).length };
}

export function lines() {
  const names = new Map();
  for (const dialog of state.dialogs.values()) names.set(String(dialog.line_id), dialog.line_name || `#${dialog.line_id}`);
  return [...names].sort((a, b) => a[1].localeCompare(b[1], language));
}

function sorted(dialogs) {
  const groups = new Map();
  for (const dialog of dialogs) {
    const name = sectionOf(dialog);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(dialog);
  }
  const wished = ORDERS[sortOf()];
  return SECTIONS.filter(([name]) => groups.has(name)).map(([name, , order]) => ({
    name,
    ids: groups.get(name).sort((name !== "top" && wished) || order).map((dialog) => dialog.chat_id),
  }));
}

let before = [];
let filter = "";

/** Sections `{name, ids}`; while `held`, rows that were there keep their places and new ones come last in theirs. */
export function arrangement(held) {
  const fresh = sorted(matching());
  const key = JSON.stringify([state.view, state.line, state.query, state.filter, sortOf()]);
  const same = filter === key;
  filter = key;
  if (!same) before = [];
  before = (held && same ? keepPlaces(fresh) : keepGhosts(fresh)).filter((section) => section.ids.length);
  return before;
}

function keepPlaces(fresh) {
  const placed = new Set(before.flatMap((section) => section.ids));
  const kept = before.map((section) => ({ name: section.name, ids: section.ids.filter((id) => state.dialogs.has(id)) }));
  for (const { name, ids } of fresh) {
    const added = ids.filter((id) => !placed.has(id));
    if (!added.length) continue;
    const section = kept.find((known) => known.name === name);
    if (section) section.ids.push(...added);
    else kept.push({ name, ids: added });
  }
  return kept.sort((a, b) => RANK.indexOf(a.name) - RANK.indexOf(b.name));
}

function keepGhosts(fresh) {
  for (const id of state.ghosts.keys()) {
    for (const section of fresh) section.ids = section.ids.filter((known) => known !== id);
    const old = before.find((section) => section.ids.includes(id));
    if (!old) continue;
    let section = fresh.find((known) => known.name === old.name);
    if (!section) fresh.push((section = { name: old.name, ids: [] }));
    section.ids.splice(Math.min(old.ids.indexOf(id), section.ids.length), 0, id);
  }
  return fresh.sort((a, b) => RANK.indexOf(a.name) - RANK.indexOf(b.name));
}

/** The ids on screen, top to bottom. */
export const sequence = () => before.flatMap((section) => section.ids);
