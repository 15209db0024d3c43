// Surfaces that load on first use: each module of extras/ gets the desk's context instead of importing what
// the joined script holds, so that opening the desk stays light.

import { say } from "./toast.js";
import { t } from "./words.js";

/** Everything a surface may use; filled when the desk starts. */
export const context = {};

/** Entries of the page's menu and of the palette: [module of extras/, icon]; words `desk.surface.<module>`. */
export const SURFACES = [["shift", "timer"], ["snapshots", "pin-on"], ["journal", "journal"], ["settings", "settings"],
  ["practice", "practice"], ["news", "news"]];

/** Loads extras/<name>.js, with the styles that the desk (not the card) does without at first, and calls its `open(context, ...args)`. */
export async function openExtra(name, ...args) {
  let parts;
  try {
    parts = await Promise.all([import(`./extras/${name}.js`), import("./extras/modal.js"), context.style?.("triage")]);
  } catch {
    return say(t("desk.offline_action"));
  }
  context.modal ??= parts[1].modalOf(context);
  return parts[0].open(context, ...args);
}
