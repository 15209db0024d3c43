// One quiet line above the list: practice for somebody new, what's new after an update. One click and it is gone.

import { prefer } from "./api.js";
import { $, el, icon, toRow } from "./dom.js";
import { openExtra } from "./extras.js";
import { state } from "./state.js";
import { t } from "./words.js";

/** Drawn before the first paint, so that no row moves under the pointer. */
export function greet(version) {
  const { whats_new: seen, practice } = state.preferences;
  if (!version || seen === version) return;
  const surface = seen || practice ? "news" : "practice";
  const done = () => { line.remove(); prefer({ whats_new: version }); };
  const line = el("div.banner", { id: "greeting" }, icon("chats"), el("span.text", {}, t(`desk.greet.${surface}`)),
    el("button.btn.btn-line", { onclick: () => { done(); openExtra(surface); } }, t(`desk.greet.${surface}_go`)),
    el("button.icon-btn", { "aria-label": t("desk.dismiss"),
      onclick: () => { done(); toRow(); } }, icon("cross")));
  $("main").before(line);
}
