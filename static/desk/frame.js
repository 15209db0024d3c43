// The portal around the page: opening a chat and fetching fresh tokens. Its library comes from the portal's vendor,
// later than the page or never; nothing on the desk waits for it.

import { state } from "./state.js";

let library = null;

function load() {
  library ??= new Promise((resolve, reject) => {
    const script = document.getElementById("bx24");
    const start = () => (window.BX24 ? window.BX24.init(() => resolve(window.BX24)) : reject(new Error("no library")));
    setTimeout(() => reject(new Error("no library")), 10000);
    if (window.BX24) start();
    else if (!script) reject(new Error("no library"));
    else script.addEventListener("load", start, { once: true }), script.addEventListener("error", reject, { once: true });
  });
  library.catch(() => { library = null; });
  return library;
}

export function greetPortal() {
  if (!state.inFrame) return;
  load().then((bx) => { if (innerHeight < 560) bx.resizeWindow?.("100%", 720); }, () => {});
}

/** Opens the chat in the portal's messenger; the caller's link stays the way when this is no frame. */
export function openChat(dialog) {
  if (!state.inFrame || !window.BX24?.im) {
    window.open(dialog.open_url, "_blank", "noopener");
    return;
  }
  load().then((bx) => bx.im.openMessenger(dialog.dialog_id), () => window.open(dialog.open_url, "_blank", "noopener"));
}

/** Opens the whole desk over the portal's page. */
export const openDesk = () => load().then((bx) => bx.openApplication({}));

/** Fresh tokens in the names that POST /api/session takes. */
export async function freshTokens() {
  const bx = await load();
  const auth = await new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("no answer")), 10000);
    bx.refreshAuth((answer) => resolve(answer || bx.getAuth()));
  });
  return {
    AUTH_ID: auth.access_token,
    REFRESH_ID: auth.refresh_token,
    AUTH_EXPIRES: String(auth.expires_in),
    DOMAIN: String(auth.domain).replace(/^https?:\/\//, ""),
    member_id: auth.member_id,
  };
}
