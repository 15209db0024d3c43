// What was said in a dialog and what was done to it here, inside the panel beside the list. All of it is text.

/** Fills the nodes `parts` of a panel with `card`, the app's answer about one dialog. */
export function open(desk, parts, card) {
  const { el, bdi, t, day, clock, moment, changeOf } = desk;
  const { talk, past, id } = parts;
  let date = "";
  const nodes = [];
  for (const message of card.messages) {
    const label = day(message.at);
    if (label !== date) nodes.push(el("p.aside", {}, (date = label)));
    if (message.author === "system") nodes.push(el("p.aside", {}, bdi(message.text)));
    else nodes.push(el(`div.bubble${message.author === "client" ? "" : ".me"}`, {},
      message.author === "operator" && message.author_name ? el("span.by", {}, bdi(message.author_name)) : null,
        rich(desk, message.bb ?? message.text), el("time", {}, clock(message.at))));
  }
  const key = JSON.stringify(card.messages);
  if (parts.key !== key) {
    parts.key = key;
    talk.replaceChildren(...(nodes.length ? nodes : [el("p.aside", {}, t("desk.no_messages"))]));
    talk.scrollTop = talk.scrollHeight;
  }
  past.hidden = !card.journal.length;
  past.replaceChildren(el("summary", {}, t("desk.past_here", { n: card.journal.length })),
    el("ol", {}, ...card.journal.slice(0, 20).map((entry) =>
    el("li", {}, el("time", {}, moment(entry.at)), bdi(changeOf(entry, id))))));
}

const STYLES = { b: "b", i: "em", u: "u", s: "s" };
/** A message with the few BB codes that mean something here; everything else stays text. Links lead to the web only. */
function rich({ el, bdi }, source) {
  const root = bdi("");
  const open = [[root, ""]];
  for (const part of source.split(/(\[\/?[bius]\]|\[\/?url\]|\[url=[^\]\s]+\]|\[br\])/i)) {
    const code = /^\[(\/?)(br|[bius]|url)(?:=(.*))?\]$/i.exec(part);
    const [top, name] = open.at(-1);
    if (!code) top.append(part);
    else if (code[2].toLowerCase() === "br") top.append("\n");
    else if (!code[1]) {
      const tag = code[2].toLowerCase();
      const node = tag === "url" ? el("a", { target: "_blank", rel: "noopener noreferrer", dataset: { to: code[3] ?? "" } })
        : el(STYLES[tag]);
      top.append(node);
      open.push([node, tag]);
    } else if (name === code[2].toLowerCase()) open.pop();
  }
  for (const link of root.querySelectorAll("a")) {
    const to = link.dataset.to || link.textContent;
    if (/^https?:\/\/[^\s]+$/i.test(to)) link.href = to;
    else link.replaceWith(...link.childNodes);
  }
  return root;
}
