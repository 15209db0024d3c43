// What the page knows. One object, changed in place; `changed()` draws once per turn of the event loop.

export const state = {
  dialogs: new Map(), // chat_id -> Dialog
  asOf: 0, // ms, the moment of the portal that the list shows
  readAt: 0, // ms, when that was last found to be so still
  me: null,
  known: false, // a list has been had at least once
  limit: 50, // dialogs in one request of an action
  click: 0, // ms within which the app ends a click
  view: "all", // one of our own, or the id of a saved view
  line: "",
  query: "",
  filter: {}, // beside view, line and search; the keys of a saved view
  aside: {}, // the filter of our own views while a saved one is looked at
  views: [], // saved ones
  settings: null, // {operator, portal: {defaults, auto_silent_off}, may_edit_portal}
  actions: new Set(), // what the app can carry out
  picked: new Set(),
  marks: new Map(), // "chat_id/switch" (or /queue for answer and skip) -> {phase: sending|done|unsure|bad, action, text, until}
  ghosts: new Map(), // chat_id -> {text, code}: left the list, stays in place for six seconds
  current: null, // chat_id that the keyboard is at
  panel: null, // null | "card" | "journal"
  shown: null, // chat_id in the panel
  only: null, // chat_id, on the card of one dialog
  run: null, // the bulk run under way or just ended
  link: { state: "ok" }, // ok | asking | busy | offline | stale | signing, with words for the banner
  trouble: null, // {code, message, request_id}: there is no list to show
  preferences: {},
  portal: "",
  inFrame: false,
};

let draw = () => {};
let due = false;

export const onChange = (render) => { draw = render; };

export function changed() {
  if (due) return;
  due = true;
  queueMicrotask(() => { due = false; draw(); });
}

export const SWITCHES = {
  pin: { field: "pinned", on: "pin", off: "unpin" },
  top: { field: "top", on: "top", off: "untop" },
  silent: { field: "silent", on: "silence", off: "unsilence" },
};
export const QUEUE_ACTIONS = ["answer", "skip"];
export const switchOf = (action) => Object.keys(SWITCHES).find((key) => SWITCHES[key].on === action || SWITCHES[key].off === action);
export const plain = (action) => action.replace("_all", "");
export const isOn = (dialog, key) => dialog[SWITCHES[key].field] === true;
export const turns = (action) => SWITCHES[switchOf(action)]?.on === action;

/** What a click on this switch carries out now. */
export const nextAction = (dialog, key) => (isOn(dialog, key) ? SWITCHES[key].off : SWITCHES[key].on);
/** Whether the action would change something in this dialog and this operator may try. */
export function applies(dialog, action) {
  if (QUEUE_ACTIONS.includes(action)) return dialog.stage === "queue" && state.actions.has(action) && !state.ghosts.has(dialog.chat_id);
  const key = switchOf(action);
  if (state.ghosts.has(dialog.chat_id) || dialog.stage === "queue") return false;
  if (key === "pin" && !dialog.mine) return false;
  return isOn(dialog, key) !== turns(action);
}

const OURS = { theme: "auto", density: "normal", shortcuts: "on", sort: "waiting", view: "all", auto_silent_off: 0 };
/** What holds for this operator: the page is handed own choices over the portal's, ours are the last resort. */
export const setting = (key) => state.preferences[key] ?? OURS[key];
