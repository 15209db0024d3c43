// Signing out: only outside the frame, where this page's own sign-in is all that lets people in.

import { surface, why } from "./kit.js";

export const open = surface((desk) => {
  const { el, t } = desk;
  const told = el("p.told", { role: "alert" });
  const end = async (everywhere) => {
    desk.state.left = true; // a list that is asked for meanwhile must not begin a new sign-in
    try {
      await desk.drop(`/api/session${everywhere ? "?everywhere=1" : ""}`);
    } catch (error) {
      if (error.code !== "session_expired") {
        desk.state.left = false;
        return void (told.textContent = why(desk, error));
      }
    }
    location.replace("/app"); // says that one can sign in, and shows nothing of anybody
  };
  const cancel = el("button.btn.btn-line", { onclick: () => box.close() }, t("desk.cancel"));
  const box = desk.modal("", t("extra.leave.title"), el("h2", {}, t("extra.leave.title")), el("p", {}, t("extra.leave.text")),
    el("p.small", {}, t("extra.leave.everywhere_text")), told, el("div.buttons", {}, cancel,
      el("button.btn.btn-line", { onclick: () => end(true) }, t("extra.leave.everywhere")),
      el("button.btn.btn-fill", { onclick: () => end(false) }, t("desk.sign_out"))));
  cancel.focus();
});
