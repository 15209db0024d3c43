// One sentence for everybody: spoken once through the status region, shown in a toast with its way back.

import { $, el, icon, toRow } from "./dom.js";
import { t } from "./words.js";

let fading = 0;
let last = null; // the latest Undo, for the key U

export function say(sentence) {
  const region = $("status");
  region.textContent = "";
  setTimeout(() => { region.textContent = sentence; }, 30); // a change is spoken, an equal text is not
}

/** A focus that was in the old toast goes to the list, not to nobody. */
function swap(...boxes) {
  const within = $("toasts").contains(document.activeElement);
  $("toasts").replaceChildren(...boxes);
  if (within) toRow();
}

export function hideToast() {
  clearTimeout(fading);
  swap();
}

/** Shows a toast for ten seconds; for half a minute while pointer or focus is on it, the way back stays in the journal. */
export function toast(words, ...buttons) {
  const close = el("button.icon-btn", { "aria-label": t("desk.close"), onclick: hideToast }, icon("cross"));
  const box = el("div.toast", {}, el("span.text", {}, words), ...buttons, close);
  const stay = (seconds) => () => { clearTimeout(fading); fading = setTimeout(hideToast, seconds * 1000); };
  for (const kind of ["pointerenter", "focusin"]) box.addEventListener(kind, stay(30));
  for (const kind of ["pointerleave", "focusout"]) box.addEventListener(kind, stay(10));
  swap(box);
  stay(10)();
}

export const lastUndo = () => (last && Date.parse(last.expires_at) > Date.now() ? last : null);
export const rememberUndo = (undo) => { last = undo; };
