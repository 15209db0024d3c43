// The list on screen: the same nodes all along, whole up to a hundred rows and a window of them above that.
// Focus never gets lost: the focused row is not moved, and when it goes the next one takes over.

import { $, arrange, attr, el, flag, text } from "./dom.js";
import { makeRow, setRow } from "./row.js";
import { changed, state } from "./state.js";
import { arrangement, sequence } from "./views.js";
import { t } from "./words.js";

const WHOLE = 100; // rows drawn without a window
const MARGIN = 12; // rows drawn above and below the window
const LABEL = 34;

const rows = new Map(); // chat_id -> node
const labels = new Map(); // section -> node
let items = []; // {section | id, top} in order
let height = 48;
const scroller = () => $("rows");

const holds = () =>
  scroller().contains(document.activeElement) || (matchMedia("(hover: hover)").matches && scroller().matches(":hover"));

let release = false;
/** The next drawing sorts anew even though somebody is in the list: the person asked for another order. */
export const sortNow = () => { release = true; };

function labelNode(section) {
  if (!labels.has(section)) {
    const cell = el("div", { role: "rowheader", "aria-colspan": "8" }, t(`desk.section.${section}`), el("span.num"));
    labels.set(section, el("div.section", { role: "row" }, cell));
  }
  return labels.get(section);
}

export function drawList() {
  const held = holds() && !release;
  release = false;
  const shown = arrangement(held);
  const ids = sequence();
  if (!ids.includes(state.current)) state.current = nextCurrent(ids);
  for (const id of state.picked) if (!ids.includes(id)) state.picked.delete(id), changed(); // the bar acts on nothing unseen
  items = [];
  height = parseInt(getComputedStyle($("desk")).getPropertyValue("--pl-row"), 10) || 48;
  let top = 0;
  for (const section of shown) {
    items.push({ section: section.name, top, count: section.ids.filter((id) => !state.ghosts.has(id)).length });
    top += LABEL;
    for (const id of section.ids) {
      items.push({ id, top });
      top += height;
    }
  }
  const virtual = ids.length > WHOLE;
  flag(scroller(), "virtual", virtual);
  scroller().dataset.height = top;
  attr($("list"), "aria-rowcount", items.length + 1);
  for (const id of rows.keys()) if (!state.dialogs.has(id)) rows.delete(id);
  drawWindow(virtual, top);
}

let earlier = [];
function nextCurrent(ids) {
  const at = earlier.indexOf(state.current);
  const next = at < 0 ? ids[0] : earlier.slice(at).find((id) => ids.includes(id)) ?? ids.at(-1);
  return next ?? null;
}

function drawWindow(virtual, total) {
  const box = scroller();
  const focused = document.activeElement?.closest?.(".row");
  const first = box.scrollTop - MARGIN * height;
  const last = box.scrollTop + box.clientHeight + MARGIN * height;
  const nodes = [];
  items.forEach((item, index) => {
    const stays = item.id !== undefined && (item.id === state.current || rows.get(item.id) === focused);
    if (virtual && !stays && (item.top < first || item.top > last)) return;
    const node = item.section ? labelNode(item.section) : rowNode(item.id);
    if (item.section) {
      text(node.firstChild.lastChild, String(item.count));
      attr(node, "aria-rowindex", index + 2);
    } else setRow(node, state.dialogs.get(item.id), index + 2);
    node.style.top = virtual ? `${item.top}px` : "";
    nodes.push(node);
  });
  let end = box.querySelector(".end-mark");
  if (virtual) {
    end ??= el("div.end-mark", { role: "presentation" });
    end.style.top = `${total}px`;
    nodes.push(end);
  }
  const lost = focused && !nodes.includes(focused);
  arrange(box, nodes, focused);
  if (lost && state.current !== null) rows.get(state.current)?.focus({ preventScroll: true });
  else if (focused && !document.activeElement.offsetParent) focused.focus({ preventScroll: true }); // its control is hidden now
  earlier = sequence();
}

function rowNode(id) {
  if (!rows.has(id)) rows.set(id, makeRow(id));
  return rows.get(id);
}

export const nodeOf = (id) => rows.get(id);

/** Brings the dialog's row into view and gives it the keyboard. */
export function focusRow(id, control) {
  const item = items.find((known) => known.id === id);
  if (!item) return;
  state.current = id;
  const box = scroller();
  if (item.top < box.scrollTop + LABEL) box.scrollTop = item.top - LABEL;
  else if (item.top + height > box.scrollTop + box.clientHeight - 8) box.scrollTop = item.top + height - box.clientHeight + 8;
  drawWindow(sequence().length > WHOLE, Number(box.dataset.height));
  const node = rows.get(id);
  const inside = control && [...node.querySelectorAll(control)].find((found) => found.offsetParent);
  (inside || node).focus({ preventScroll: true });
  changed();
}

export function step(by, from = state.current) {
  const ids = sequence();
  const at = ids.indexOf(from);
  return ids[Math.max(0, Math.min(ids.length - 1, at < 0 ? 0 : at + by))];
}

export function watchList() {
  const box = scroller();
  let due = false;
  box.addEventListener("scroll", () => {
    if (due || !box.classList.contains("virtual")) return;
    due = true;
    requestAnimationFrame(() => { due = false; drawWindow(true, Number(box.dataset.height)); });
  }, { passive: true });
  box.addEventListener("pointerleave", changed);
  box.addEventListener("focusout", (event) => { if (!box.contains(event.relatedTarget)) changed(); });
  const measure = () => { $("list").style.setProperty("--pl-gutter", `${box.offsetWidth - box.clientWidth}px`); changed(); };
  new ResizeObserver(measure).observe(box);
}
