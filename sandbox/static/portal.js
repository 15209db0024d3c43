// The parent's side of the app's frame: fills it with a form POST, checks origin and SID of each message, answers.
"use strict";
(function () {
  const tick = () => {
    const now = new Date();
    document.getElementById("clock").textContent = now.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  };
  tick();
  setInterval(tick, 10000);

  const badge = document.getElementById("unread");
  setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetch("/_portal/unread").then((response) => (response.ok ? response.json() : null), () => null);
    if (!answer) return;
    badge.textContent = answer.unread;
    badge.hidden = !answer.unread;
  }, 3000);

  const slider = document.getElementById("slider");
  let messenger = null;
  const openMessenger = (dialogId) => {
    const chatId = Number(String(dialogId || "").replace(/^chat/, "")) || null;
    if (window.sandboxMessenger) return window.sandboxMessenger.open(chatId);
    slider.hidden = false;
    if (messenger) messenger.open(chatId);
    else messenger = new window.SandboxMessenger(document.getElementById("slider-messenger"), chatId);
  };
  const closeSlider = () => {
    slider.hidden = true;
    if (messenger) messenger.stop();
    messenger = null;
  };
  slider.querySelectorAll("[data-slider-close]").forEach((node) => node.addEventListener("click", closeSlider));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !slider.hidden) closeSlider(); });

  const holder = document.getElementById("frame-data");
  if (!holder) return;
  const data = JSON.parse(holder.textContent);
  const frame = document.getElementById("appframe_" + data.sid);
  const post = (key, value) => {
    if (!key) return;
    frame.contentWindow.postMessage(key + ":" + (value === undefined ? "" : JSON.stringify(value)), data.origin);
  };
  const inPopup = data.placement === "IM_TEXTAREA";
  const allowedPath = /^\/(crm\/(deal|lead|contact|company|type)\/|marketplace\/|company\/personal\/user\/\d+\/|workgroups\/group\/\d+\/)/;

  // What the page itself does; a value of undefined sends no reply.
  const local = {
    resizeWindow(params) {
      if (inPopup) return undefined;
      const width = params.width === "100%" ? "100%" : parseInt(params.width, 10) + "px";
      const room = frame.parentElement.clientHeight;
      if (params.width) frame.style.width = width;
      if (params.height) frame.style.height = Math.max(parseInt(params.height, 10) || 0, data.placement === "DEFAULT" ? room : 0) + "px";
      return { width: frame.offsetWidth, height: frame.offsetHeight };
    },
    setTitle(params) {
      if (data.placement !== "DEFAULT") return undefined;
      document.title = String(params.title);
      return params;
    },
    setScroll(params) {
      frame.parentElement.scrollTo(0, Number(params.scroll) || 0);
      return params;
    },
    reloadWindow() { location.reload(); },
    imOpenMessenger(params) { openMessenger(params.dialogId); },
    imOpenHistory() {},
    openPath(params) {
      return allowedPath.test(params.path) ? { result: "close" } : { result: "error", errorCode: "PATH_NOT_AVAILABLE" };
    },
  };

  function reopen(finished) {
    const next = new URL(location.href);
    next.searchParams.set("install_finished", finished);
    location.assign(next);
  }

  async function carryOut(command, params, key) {
    const body = { command, params, sid: data.sid, placement: data.placement, options: data.options, lang: data.lang };
    const answer = await fetch("/_portal/frame", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }).then((response) => (response.ok ? response.json() : {}), () => ({}));
    if (answer.install_finished) return reopen(answer.install_finished);
    if (Object.hasOwn(local, command)) {
      const value = local[command](params || {});
      if (value !== undefined) post(key, value);
    } else if ("reply" in answer) {
      post(key, answer.reply ?? undefined);
    }
  }

  // `command:JSON:callbackKey:APP_SID`; the JSON may hold colons or be missing altogether.
  window.addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== data.origin || typeof event.data !== "string") return;
    const parts = event.data.split(":");
    if (parts.length < 3 || parts[parts.length - 1] !== data.sid) return;
    const text = parts.slice(1, -2).join(":");
    let params = [];
    try {
      params = text ? JSON.parse(text) : [];
    } catch {
      return;
    }
    carryOut(parts[0], params, parts[parts.length - 2]);
  });

  frame.addEventListener("load", () => {
    const loading = document.getElementById("loading");
    if (loading && frame.dataset.sent) loading.classList.add("gone");
  });
  window.sandboxFrame = {
    send() {
      frame.dataset.sent = "1";
      document.getElementById("appform").submit();
    },
  };
  window.sandboxFrame.send();
})();
