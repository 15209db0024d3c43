// A menu of a button: stands beside its button in the document, opens above everything, gives focus back.

import { el, flag, icon } from "./dom.js";

let close = null;

/** Items: {label, icon?, end?, danger?, checked?, dataset?, href?, run} or null for a line between groups. */
export function openMenu(button, items, wasKeyboard) {
  if (close?.(button)) return;
  const nodes = items.map((item) => item ? node(item) : el("hr"));
  const menu = el("div.menu", { role: "menu", popover: "manual", "aria-label": button.getAttribute("aria-label") }, ...nodes);
  button.after(menu);
  menu.showPopover();
  place(menu, button);
  button.setAttribute("aria-expanded", "true");
  flag(button.closest(".row") ?? button, "menu-open", true);
  const choices = nodes.filter((one) => one.role === "menuitem" || one.getAttribute("role")?.startsWith("menuitem"));

  const shut = (again) => {
    document.removeEventListener("pointerdown", outside, true);
    removeEventListener("resize", shut);
    const within = menu.contains(document.activeElement);
    menu.remove();
    button.setAttribute("aria-expanded", "false");
    flag(button.closest(".row") ?? button, "menu-open", false);
    if (within) button.focus({ preventScroll: true });
    close = null;
    return again === button;
  };
  const outside = (event) => { if (!menu.contains(event.target) && !button.contains(event.target)) shut(); };
  close = shut;
  document.addEventListener("pointerdown", outside, true);
  addEventListener("resize", shut);
  menu.addEventListener("click", (event) => { if (event.target.closest("[role^=menuitem]")) shut(); });
  menu.addEventListener("keydown", (event) => {
    const at = choices.indexOf(document.activeElement);
    const move = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: choices.length - 1 }[event.key];
    if (move !== undefined) choices[(move + choices.length) % choices.length].focus();
    else if (event.key === "Escape" || event.key === "Tab") shut();
    else if (event.key !== "Enter" && event.key !== " ") return;
    event.stopPropagation();
    if (event.key !== "Enter" && event.key !== " ") event.preventDefault();
  });
  choices[0]?.focus({ preventScroll: true, focusVisible: wasKeyboard });
}

function node(item) {
  const marked = item.checked !== undefined;
  return el(item.href ? "a" : "button",
    { role: marked ? "menuitemradio" : "menuitem", tabIndex: -1, "aria-checked": marked ? String(item.checked) : null,
      dataset: item.dataset ?? {},
      className: item.danger ? "danger" : "", onclick: item.run, ...(item.href && { href: item.href, target: "_blank", rel: "noopener" }) },
    icon(item.icon ?? "check-s", `s18${item.icon || item.checked ? "" : " blank"}`), item.label,
      item.end ? el("span.end", {}, item.end) : null);
}

function place(menu, button) {
  const at = button.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const rtl = document.dir === "rtl";
  const left = rtl ? at.left : at.right - width;
  const below = at.bottom + 4 + height <= innerHeight;
  menu.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  menu.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - height - 4)}px`;
}
