// Times as people say them: how long somebody waits, and the clock when nobody does.

import { language, t } from "./words.js";

let ahead = 0; // how far the server's clock is ahead of this one, ms

export const setClock = (iso) => { ahead = (Date.parse(iso) || Date.now()) - Date.now(); };
export const now = () => Date.now() + ahead;

const formats = {};
function format(name, options) {
  formats[name] ??= new Intl.DateTimeFormat(`${language}-u-nu-latn`, options);
  return formats[name];
}

export const clock = (at) => format("clock", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(at));
export const clockSeconds = (at) =>
  format("seconds", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(new Date(at));

export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return t("desk.time.s", { n: seconds });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t("desk.time.min", { n: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 && hours < 10 ? t("desk.time.h_min", { h: hours, m: minutes % 60 }) : t("desk.time.h", { n: hours });
  return t("desk.time.d", { n: Math.floor(hours / 24) });
}

const midnight = (at) => new Date(at).setHours(0, 0, 0, 0);
const daysAgo = (at) => Math.round((midnight(now()) - midnight(at)) / 864e5);

/** "Today", "Yesterday" or the date, with its year when that is another one; in the zone of this browser. */
export function day(at) {
  const ago = daysAgo(at);
  if (ago === 0) return t("desk.time.today");
  if (ago === -1) return t("desk.time.tomorrow");
  if (ago === 1) return t("desk.time.yesterday");
  const thisYear = new Date(at).getFullYear() === new Date(now()).getFullYear();
  return (thisYear ? format("day", { day: "numeric", month: "short" })
    : format("date", { day: "numeric", month: "short", year: "numeric" })).format(new Date(at));
}

/** The clock for today, the day for anything older. */
export const moment = (at) => (daysAgo(at) === 0 ? clock(at) : day(at));
export const dayAndClock = (at) => (daysAgo(at) === 0 ? clock(at) : `${day(at)} ${clock(at)}`);
