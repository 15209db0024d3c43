// The empty desk explains itself: what the three switches will do, what to check, and a way to try them meanwhile.

import { surface } from "./kit.js";

export const open = surface((desk, box) => {
  const { el, icon, t } = desk;
  if (!box.isConnected || box.querySelector(".explained")) return;
  box.append(el("div.explained", {}, el("ul", {},
    ...["pin", "top", "silent"].map((key) => el(`li.${key}`, {}, icon(key), el("span", {}, t(`extra.empty.${key}`))))),
    el("button.btn.btn-line", { onclick: () => desk.openExtra("practice") }, t("extra.empty.practice")),
      el("p", {}, t("extra.empty.missing"))));
});
