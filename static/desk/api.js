// Requests to the app. The session token lives in this module only; each answer may renew it, and an expired one
// is repaired through the portal without a click. A write that may have been carried out is "lost", never "offline".

import { freshTokens } from "./frame.js";
import { changed, state } from "./state.js";

let token = document.querySelector("meta[name=session-token]")?.content ?? "";
let repairing = null;
const ON_ITS_WAY = 3500; // ms that a click's request and its answer may take beside the app

export class Refusal extends Error {
  constructor(code, body = {}, status = 0) {
    super(body.message || code);
    Object.assign(this, { code, status, retryAfter: body.retry_after ?? null, requestId: body.request_id ?? "" });
  }
}

const writes = (method) => method !== "GET";

async function send(method, path, body, end, etag) {
  const headers = { Accept: "application/json", "X-B24-Session": token };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (etag) headers["If-None-Match"] = etag;
  const unsent = !navigator.onLine || end.aborted; // before anything could leave
  let answer;
  try {
    answer = await fetch(path, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin", cache: "no-store", signal: end,
    });
  } catch {
    throw new Refusal(writes(method) && !unsent ? "lost" : "offline");
  }
  token = answer.headers.get("X-B24-Session") || token;
  return answer;
}

async function read(answer, method) {
  if (answer.status === 204 || answer.status === 304) return null;
  const body = await answer.json().catch(() => null);
  if (answer.ok && body) return body;
  // No words of the app, or words that it stumbled: it may have been in the middle of it.
  const lost = writes(method) && (answer.ok || answer.status >= 500) && (!body || body.error === "internal_error");
  throw new Refusal(lost ? "lost" : body?.error ?? "broken", body ?? {}, answer.status);
}

async function signIn(end) {
  if (!state.inFrame) {
    if (!state.left) location.assign(`/login?domain=${encodeURIComponent(state.portal.replace(/^https?:\/\//, ""))}`);
    throw new Refusal("session_expired");
  }
  const before = state.link;
  state.link = { state: "signing" };
  changed();
  try {
    await read(await send("POST", "/api/session", await freshTokens(), end));
  } catch (error) {
    if (error.code === "lost") throw new Refusal("offline"); // the click itself was not carried out
    throw error instanceof Refusal ? error : new Refusal("session_expired");
  } finally {
    state.link = before;
    changed();
  }
}

async function answered(method, path, body, etag, patience = state.click + ON_ITS_WAY) {
  const end = AbortSignal.timeout(patience);
  const answer = await send(method, path, body, end, etag);
  if (answer.status !== 401) return answer;
  repairing ??= signIn(end).finally(() => { repairing = null; });
  await Promise.race([repairing, new Promise((_, late) => end.addEventListener("abort", () => late(new Refusal("offline"))))]);
  return send(method, path, body, end, etag);
}

/** `{data, etag, fresh, asOf}` of the answer; raises Refusal. `fresh` is false for an unchanged answer (304), `asOf` (ms)
    when the app found it so. */
export async function ask(method, path, body, etag) {
  const answer = await answered(method, path, body, etag);
  return { data: await read(answer, method), etag: answer.headers.get("ETag"), fresh: answer.status !== 304,
    asOf: Date.parse(answer.headers.get("X-As-Of")) || 0 };
}

/** The answer as a file; raises Refusal. */
export async function getFile(path) {
  const answer = await answered("GET", path, undefined, null, 60000);
  return answer.ok ? answer.blob() : read(answer);
}

export const get = async (path) => (await ask("GET", path)).data;
export const post = async (path, body = {}) => (await ask("POST", path, body)).data;
export const put = async (path, body) => (await ask("PUT", path, body)).data;
export const drop = async (path) => (await ask("DELETE", path)).data;

export function prefer(values) {
  Object.assign(state.preferences, values);
  put("/api/preferences", values).catch(() => {}); // a preference that is not kept costs nothing but itself
}
