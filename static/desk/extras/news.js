// What is new in this version: one small dialog, shown when asked for, remembered as seen.

import { greeted, surface } from "./kit.js";

const NEWS = [["triage", "filter"], ["take", "queue"], ["silent", "silent"], ["leave", "timer"], ["journal", "undo"]];

export const open = surface((desk) => {
  const { el, icon, t } = desk;
  greeted(desk);
  const close = el("button.btn.btn-fill", { onclick: () => box.close() }, t("extra.news.ok"));
  const box = desk.modal(".news", t("extra.news.title"), el("h2", {}, t("extra.news.title")),
    el("ul.news-list", {}, ...NEWS.map(([id, look]) => el("li", {}, icon(look),
      el("div", {}, el("b", {}, t(`extra.news.${id}`)), el("p", {}, t(`extra.news.${id}_text`)))))),
    el("div.buttons", {}, el("button.btn.btn-line", { onclick: () => { box.close(); desk.openExtra("practice"); } },
      t("desk.surface.practice")), close));
  close.focus();
});
