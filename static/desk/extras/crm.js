// The key of the CRM filter: only dialogs with a CRM card, and all of them again.

import { apply, current } from "./triage.js";

export function open(desk) {
  const filter = current(desk);
  apply(desk, { ...filter, crm: filter.crm ? null : true });
  desk.say(desk.t("desk.filter.found", { n: desk.matching().filter(({ chat_id: id }) => !desk.state.ghosts.has(id)).length }));
}
