// The library that a portal gives to the page in its frame. It needs the window name `DOMAIN|PROTOCOL|APP_SID`.
"use strict";
(function (window) {
  if (window.BX24) return;
  const [domain, protocol, sid] = String(window.name).split("|");
  const origin = (protocol === "1" ? "https" : "http") + "://" + String(domain).replace(/:(80|443)$/, "");
  const waiting = new Map();
  const onInit = [], onInstall = [];
  let state = null, asked = false, number = 0;

  function send(command, params, callback) {
    const key = callback ? "k" + Math.random().toString(36).slice(2) + ++number : "";
    if (callback) waiting.set(key, callback);
    const text = params === undefined || params === null ? "" : JSON.stringify(params);
    window.parent.postMessage([command, text, key, sid].join(":"), origin);
  }

  window.addEventListener("message", (event) => {
    if (event.origin !== origin || typeof event.data !== "string") return;
    const at = event.data.indexOf(":");
    const key = event.data.slice(0, at), text = event.data.slice(at + 1);
    const callback = waiting.get(key);
    if (!callback) return;
    waiting.delete(key);
    callback(text ? JSON.parse(text) : undefined);
  });

  function keepAuth(auth) {
    state.AUTH_ID = auth.AUTH_ID;
    state.REFRESH_ID = auth.REFRESH_ID;
    state.AUTH_UNTIL = Date.now() + parseInt(auth.AUTH_EXPIRES, 10) * 1000;
  }

  function ready() {
    onInit.splice(0).forEach((callback) => callback());
  }

  function begin() {
    if (asked) return;
    asked = true;
    if (!sid) {
      console.error("BX24: this page was not opened in a portal");
      return;
    }
    send("getInitData", null, (data) => {
      state = data;
      keepAuth(data);
      if (!data.FIRST_RUN) return ready();
      send("setInstall", { install: true }, () => {
        onInstall.splice(0).forEach((callback) => callback());
        ready();
      });
    });
  }

  const auth = () =>
    state && Date.now() < state.AUTH_UNTIL
      ? { access_token: state.AUTH_ID, refresh_token: state.REFRESH_ID, expires_in: state.AUTH_UNTIL, domain: state.DOMAIN, member_id: state.MEMBER_ID }
      : false;

  function refreshAuth(callback) {
    send("refreshAuth", null, (fresh) => {
      keepAuth(fresh);
      if (callback) callback(auth());
    });
  }

  class Result {
    constructor(answer, status) {
      this.answer = answer;
      this.status = status;
    }
    data() { return this.answer.result; }
    error() { return "error" in this.answer ? this.answer : undefined; }
    error_description() { return this.answer.error_description; }
    more() { return this.answer.next !== undefined; }
    total() { return parseInt(this.answer.total, 10); }
  }

  function request(method, params) {
    return fetch(origin + state.PATH + "/" + method + ".json", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...params, auth: state.AUTH_ID }),
    }).then(async (response) => new Result(await response.json(), response.status));
  }

  function callMethod(method, params, callback) {
    request(method, params).then((result) => {
      if (result.error() && result.answer.error === "expired_token") return refreshAuth(() => callMethod(method, params, callback));
      return callback && callback(result);
    });
  }

  function query(params, prefix) {
    return Object.entries(params || {}).flatMap(([key, value]) => {
      const name = prefix ? `${prefix}[${key}]` : key;
      return value && typeof value === "object" ? query(value, name) : [encodeURIComponent(name) + "=" + encodeURIComponent(value)];
    });
  }

  function callBatch(calls, callback, halt) {
    const entries = Object.entries(calls).map(([key, call]) => {
      const [method, params] = Array.isArray(call) ? call : [call.method, call.params];
      return [key, method + "?" + query(params).join("&")];
    });
    request("batch", { halt: halt ? 1 : 0, cmd: Object.fromEntries(entries) }).then((result) => {
      const all = result.data() || {};
      const pick = (key) => new Result({ ...(all.result_error[key] || { result: all.result[key] }) }, 200);
      const keys = entries.map(([key]) => [key, pick(key)]);
      if (callback) callback(Array.isArray(calls) ? keys.map(([, value]) => value) : Object.fromEntries(keys));
    });
  }

  const size = () => {
    const page = document.documentElement, body = document.body;
    return { scrollWidth: Math.max(page.scrollWidth, body.scrollWidth), scrollHeight: Math.max(page.scrollHeight, body.scrollHeight) };
  };

  window.BX24 = {
    init(callback) {
      if (state) return callback();
      onInit.push(callback);
      begin();
    },
    install(callback) { onInstall.push(callback); },
    installFinish() { send("setInstallFinish", {}); },
    getAuth: auth,
    refreshAuth,
    callMethod,
    callBatch,
    callBind(event, handler, authType, callback) { callMethod("event.bind", { EVENT: event, HANDLER: handler, AUTH_TYPE: authType || 0 }, callback); },
    callUnbind(event, handler, authType, callback) { callMethod("event.unbind", { EVENT: event, HANDLER: handler, AUTH_TYPE: authType || 0 }, callback); },
    fitWindow(callback) { send("resizeWindow", { width: "100%", height: size().scrollHeight }, callback); },
    resizeWindow(width, height, callback) { send("resizeWindow", { width, height }, callback); },
    getScrollSize: size,
    scrollParentWindow(scroll, callback) { send("setScroll", { scroll }, callback); },
    reloadWindow() { send("reloadWindow", null); },
    setTitle(title, callback) { send("setTitle", { title: String(title) }, callback); },
    openPath(path, callback) { send("openPath", { path }, callback); },
    openApplication(params, callback) { send("openApplication", params || {}, callback); },
    closeApplication(callback) { send("closeApplication", null, callback); },
    ready(callback) {
      if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", callback);
      else callback();
    },
    isReady: () => document.readyState !== "loading",
    isAdmin: () => Boolean(state && state.IS_ADMIN),
    getLang: () => (state ? state.LANG : undefined),
    getDomain: () => domain,
    proxy: (method, thing) => method.bind(thing),
    placement: {
      info: () => ({ placement: state && state.PLACEMENT, options: (state && state.PLACEMENT_OPTIONS) || {} }),
      getInterface(callback) { send("getInterface", null, callback); },
      call(command, params, callback) { send(command, params || {}, callback); },
      bindEvent(event, callback) { send("placementBindEvent", { event }, callback); },
    },
    im: {
      openMessenger(dialogId) { send("imOpenMessenger", { dialogId }); },
      openHistory(dialogId) { send("imOpenHistory", { dialogId }); },
      callTo(userId, video) { send("imCallTo", { userId, video: video !== false }); },
      phoneTo(phone) { send("imPhoneTo", { phone }); },
    },
    userOption: {
      get: (name) => (state && state.USER_OPTIONS ? state.USER_OPTIONS[name] : undefined),
      set(name, value, callback) { send("setUserOption", { name, value }, callback); },
    },
    appOption: {
      get: (name) => (state && state.APP_OPTIONS ? state.APP_OPTIONS[name] : undefined),
      set(name, value, callback) { send("setAppOption", { name, value }, callback); },
    },
  };
})(window);
