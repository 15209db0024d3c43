// The page's words, in the operator's language, with the plural forms of that language.

let words = {};
let rules = new Intl.PluralRules("en");
export let language = "en";

export function useWords(catalogue, code) {
  words = catalogue ?? {};
  language = code || "en";
  rules = new Intl.PluralRules(language);
}

/** Words of a surface that is loaded later. */
export const addWords = (more) => { words = { ...words, ...more }; };

/** The words of a message; `values.n` chooses the plural form. An unknown id is shown as it is. */
export function t(id, values = {}) {
  let found = words[id] ?? id;
  if (typeof found === "object") found = found[rules.select(values.n ?? 0)] ?? found.other;
  return found.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? number(values[name]) : whole));
}

export const has = (id) => id in words;
const number = (value) => (typeof value === "number" ? value.toLocaleString(`${language}-u-nu-latn`) : value);
