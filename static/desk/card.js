// The card of one dialog in the sidebar of its chat: the same actions and words as the desk, three switches.

import { act, explain, sentence, settle } from "./actions.js";
import { get, post, Refusal } from "./api.js";
import { context } from "./extras.js";
import { openDesk } from "./frame.js";
import { $, attr, bdi, el, flag, hide, icon, text } from "./dom.js";
import { changeOf } from "./panel.js";
import { refreshSoon, startPolling, takeListing } from "./polling.js";
import { channelName, face, makeRow, nameOf, noteOf, responsible, setSwitch } from "./row.js";
import { changed, isOn, onChange, state, SWITCHES } from "./state.js";
import { clockSeconds, duration, moment, now, setClock } from "./time.js";
import { rememberUndo, say, toast } from "./toast.js";
import { t, useWords } from "./words.js";

const boot = JSON.parse($("boot").textContent);
const id = boot.focus_chat_id;
const avatar = makeRow(id).querySelector(".avatar");
const head = { name: el("h1"), where: el("p") };
let version = "";

function cardSwitch(key) {
  const title = el("b");
  const sub = el("small");
  const note = el("span.note");
  const button = el("button.turn", {}, el("span.knob"));
  const box = el(`div.one-sw.${key}`, { onclick: () => button.getAttribute("aria-disabled") !== "true" && act(button.dataset.action, id) },
    icon(key, "off-icon"), icon(key === "silent" ? key : `${key}-on`, "on-icon"), el("span.grow", {}, title, sub, note), button);
  return { key, box, button, title, sub, note };
}

function drawSwitch({ key, box, button, title, sub, note }, dialog) {
  setSwitch(button, dialog, key);
  flag(box, "on", isOn(dialog, key));
  const on = button.classList.contains("on");
  text(title, t(on && key === "pin" ? "desk.past.pin" : `desk.${key}`));
  text(sub, on ? t(`card.${key}`) : t(`card.${key}_off`));
  const mark = state.marks.get(`${id}/${key}`);
  const shown = mark?.phase === "bad" || mark?.phase === "unsure" ? noteOf({ ...dialog, silent: false }, mark) : null;
  text(note, shown?.text ?? "");
  note.className = `note ${shown?.look ?? ""}`;
}

async function loadChanges() {
  try {
    const { journal } = await get(`/api/dialogs/${id}`);
    $("changes").replaceChildren(...(journal.length ? journal.slice(0, 5).map((entry) =>
      el("li", {}, el("time", { dateTime: entry.at }, moment(entry.at)), bdi(changeOf(entry, id))))
      : [el("li.none", {}, t("card.no_changes"))]));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

const switches = Object.keys(SWITCHES).map(cardSwitch);

function drawCard() {
  const dialog = state.dialogs.get(id);
  const missing = !dialog || state.ghosts.has(id);
  hide($("state"), !missing);
  for (const part of [$("switches"), $("facts"), $("head"), $("changes").parentNode]) hide(part, missing);
  hide($("fresh"), !state.known);
  attr($("fresh"), "data-state", state.link.state);
  text($("as-of"), state.readAt ? clockSeconds(state.readAt) : "");
  if (missing) {
    const words = state.known ? t("card.gone") : state.trouble ? t("desk.broken.title") : t("desk.loading");
    if ($("state").textContent !== words) $("state").replaceChildren(el("div.state", {}, el("h1", {}, words)));
    return;
  }
  face(avatar, dialog);
  head.name.replaceChildren(nameOf(dialog));
  text(head.where, [channelName(dialog), dialog.line_name].filter(Boolean).join(" · "));
  for (const one of switches) {
    hide(one.box, dialog.stage === "queue");
    drawSwitch(one, dialog);
  }
  const waits = dialog.waiting_since && dialog.stage !== "answered" && dialog.stage !== "closing";
  const facts = [[t("desk.fact.responsible"), responsible(dialog)],
    waits && [t("desk.column.waiting"), duration(now() - Date.parse(dialog.waiting_since))]];
  const key = JSON.stringify(facts);
  if ($("facts").dataset.key !== key) {
    $("facts").dataset.key = key;
    $("facts").replaceChildren(...facts.filter(Boolean).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
  }
  const seen = [dialog.pinned, dialog.top, dialog.silent].join();
  if (seen !== version) version = seen, loadChanges();
  flag($("card"), "offline", state.link.state === "offline");
}

useWords(boot.words, boot.language);
setClock(boot.now);
Object.assign(state, { only: id, settings: boot.settings ?? null, preferences: boot.preferences ?? {}, inFrame: boot.in_frame,
  portal: boot.portal_origin ?? "" });
if (boot.listing) takeListing(boot.listing);
else if (boot.error) state.trouble = { ...boot.error, code: boot.error.error };
$("head").append(avatar, el("div.grow", {}, head.name, head.where));
$("switches").append(...switches.map(({ box }) => box));
$("all").addEventListener("click", (event) => { if (state.inFrame) event.preventDefault(), openDesk(); });
// for the way back
Object.assign(context, { $, el, t, now, say, toast, explain, sentence, settle, rememberUndo, get, post, Refusal, refreshSoon });
onChange(drawCard);
changed();
startPolling(boot.polling);
setInterval(changed, 5000);
