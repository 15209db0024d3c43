// Small hands for the document. Everything that people wrote enters as text, never as markup.

export const $ = (id) => document.getElementById(id);
const sprite = document.querySelector("meta[name=icons]")?.content ?? "";

/** el("button.btn", {title, onclick, "aria-label", dataset: {}}, ...children): falsy children are left out. */
export function el(spec, props = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  if (tag === "button") node.type = "button";
  for (const [key, value] of Object.entries(props)) {
    if (key === "dataset") Object.assign(node.dataset, value);
    else if (key in node && !key.includes("-")) node[key] = value;
    else if (value !== null && value !== false) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return node;
}

export function icon(name, classes = "s18") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `icon ${classes}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(svg.namespaceURI, "use"));
  useIcon(svg, name);
  return svg;
}

export const useIcon = (svg, name) => attr(svg.firstElementChild, "href", `${sprite}#i-${name}`);

/** The focus to the row that the keyboard is at. */
export const toRow = () => document.querySelector(".row[tabindex='0']")?.focus({ preventScroll: true });

/** A name, line or message in its own direction. */
export const bdi = (text) => el("bdi", { dir: "auto" }, text);

// Writes only what differs, so that an unchanged row costs no layout and no screen reader hears it again.
export function text(node, value) {
  if (node.textContent !== value) node.textContent = value;
}
export function attr(node, name, value) {
  if (value === null || value === undefined) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}
export function flag(node, name, on) {
  if (node.classList.contains(name) !== !!on) node.classList.toggle(name, !!on);
}
export function hide(node, hidden) {
  if (node.hidden !== !!hidden) node.hidden = !!hidden;
}

/** Puts nodes in this order under parent without ever moving `still`: a moved node loses focus. */
export function arrange(parent, nodes, still) {
  const wanted = new Set(nodes);
  for (const node of [...parent.children]) if (!wanted.has(node)) node.remove();
  let next = null;
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i];
    if (node.parentNode !== parent || (node !== still && node.nextSibling !== next)) parent.insertBefore(node, next);
    next = node;
  }
}
