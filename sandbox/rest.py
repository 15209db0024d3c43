"""REST of a portal: token checks in the portal's order, single calls, batch, the `time` envelope."""

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox import php
from sandbox.methods import METHODS
from sandbox.methods.call import Call, Listed, Method
from sandbox.portal import Portal
from sandbox.rest_errors import RestFault
from sandbox.tokens import Pair
from sandbox.world import ZONE, User

MAX_COMMANDS = 50
TOKEN_NAMES = ("auth", "access_token")
MAPS = ("result", "result_error", "result_total", "result_next", "result_time")
NOT_FOUND = ("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)


@dataclass(frozen=True)
class Caller:
    """Who asks, and the scopes of the token: one of before an update lacks what the update added."""

    user: User
    scopes: tuple[str, ...]


@dataclass
class Answer:
    """An HTTP status with the answer's JSON values."""

    status: int
    body: dict[str, Any]
    user_id: int | None = None


@dataclass
class Batch:
    """The five maps of a batch answer."""

    result: dict[str, Any] = field(default_factory=dict)
    result_error: dict[str, Any] = field(default_factory=dict)
    result_total: dict[str, Any] = field(default_factory=dict)
    result_next: dict[str, Any] = field(default_factory=dict)
    result_time: dict[str, Any] = field(default_factory=dict)


def serve(portal: Portal, method: str, params: dict[str, Any], bearer: str, names: list[str]) -> Answer:
    """Answer one request. `params` still holds the token; `names` are the method and its commands."""
    started = time.time()
    token = bearer or next((str(params[name]) for name in TOKEN_NAMES if params.get(name)), "")
    given = {name: value for name, value in params.items() if name not in TOKEN_NAMES}
    user_id = None
    try:
        row = METHODS.get(method)
        if row is None and method != "batch":
            raise RestFault(*NOT_FOUND)
        pair = authenticate(portal, token, names)
        user_id = pair.user_id
        scopes = tuple(name for name in pair.scope if name in portal.scope)
        if row is not None:
            check_scope(portal, scopes, row)  # comes before the user, page settings/oauth/error-codes
        caller = Caller(authorize(portal, pair), scopes)
        if row is None:
            result: Any = run_batch(portal, caller, given)
            clock = envelope(portal, started, None)
        else:
            result = run_method(portal, caller, method, row, given)
            clock = envelope(portal, started, method)
    except RestFault as fault:
        return Answer(fault.status, fault.body(), user_id)
    if not isinstance(result, Listed):
        return Answer(200, {"result": result, "time": clock}, user_id)
    paging = {"total": result.total, **({} if result.next is None else {"next": result.next})}
    return Answer(200, {"result": result.items, **paging, "time": clock}, user_id)


def authenticate(portal: Portal, token: str, names: list[str]) -> Pair:
    """The pair of a presented token; every refusal is a 401."""
    if not token:
        raise RestFault("NO_AUTH_FOUND", "Wrong authorization data", 401)
    pair = portal.tokens.by_access.get(token)
    if pair is None or pair.portal != portal.number:
        raise RestFault("NO_AUTH_FOUND", "Wrong authorization data", 401)
    if not portal.switches["payment"]:
        raise RestFault("ACCESS_DENIED", "REST API is available only on commercial plans", 401)
    if pair.dead or not portal.app.added:
        raise RestFault("APPLICATION_NOT_FOUND", "Application not found", 401)
    fault = portal.faults.take("portal", names, ("expired",), pair.user_id)
    refused = portal.faults.take("portal", names, ("refuse",), pair.user_id)
    if refused:
        raise RestFault(refused.code, "Ordered by the sandbox", refused.status)
    if pair.expired or fault:
        raise RestFault("expired_token", "The access token provided has expired.", 401)
    return pair


def authorize(portal: Portal, pair: Pair) -> User:
    """The token's user, if still employed and admitted to the application."""
    user = portal.world.users.get(pair.user_id)
    if user is None or not user.active:
        raise RestFault("authorization_error", "Unable to authorize user", 401)
    if not user.admitted:
        raise RestFault("user_access_error", "The user does not have access to the app.", refusal(portal))
    return user


def refusal(portal: Portal) -> int:
    """401 as the portal does it, or 403 as the documentation says."""
    return 403 if portal.switches["auth_status"] == "docs" else 401


def check_scope(portal: Portal, scopes: tuple[str, ...], method: Method) -> None:
    """Refuse a method whose scope the token does not have."""
    if method.scope and method.scope not in scopes:
        raise RestFault("insufficient_scope", "The request requires higher privileges", refusal(portal))


def run_method(portal: Portal, caller: Caller, name: str, method: Method, params: dict[str, Any]) -> Any:
    """Run one method under the portal's lock, with its operating time and the faults ordered for it."""
    check_scope(portal, caller.scopes, method)
    check_operating(portal, name)
    fault = (
        portal.faults.take("portal", [name], ("429", "error", "lock_busy"), caller.user.id)
        if portal.faults.orders
        else None
    )
    if fault and fault.kind == "429":
        raise time_limit(portal, name)
    if fault and fault.kind == "error":
        raise RestFault(fault.code, "" if not fault.code else "Ordered by the sandbox", fault.status)
    keys = {key.upper(): value for key, value in params.items()} if method.upper else params
    call = Call(
        portal, caller.user, name, keys, caller.scopes, locked=bool(fault and fault.kind == "lock_busy")
    )
    started = time.monotonic()
    if method.stepwise:
        result = method.run(call)
    else:
        call.wait()
        with portal.lock:
            result = method.run(call)
    spent = time.monotonic() - started
    portal.operating.charge(name, max(spent, float(portal.switches["operating_charge"].get(name, 0))))
    return result


def check_operating(portal: Portal, name: str) -> None:
    """Refuse a method that has used up its time, before it runs."""
    total, _ = portal.operating.total(name)
    if portal.switches["operating"] and total > portal.switches["operating_limit"]:
        raise time_limit(portal, name)


def time_limit(portal: Portal, name: str) -> RestFault:
    """429 for one method; the portal as such goes on."""
    return RestFault("OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit.", 429)


def run_batch(portal: Portal, caller: Caller, params: dict[str, Any]) -> dict[str, Any]:
    """Up to 50 commands in order; errors stay inside, the whole is 200. Assumed: a text is no command."""
    keys = {key.lower(): value for key, value in params.items()}
    commands = keys.get("cmd")
    pairs: list[tuple[Any, Any]] = list(commands.items()) if isinstance(commands, dict) else []
    if isinstance(commands, list):
        pairs = list(enumerate(commands))
    halt = str(keys.get("halt", 0)) not in ("0", "", "False", "false")
    batch = Batch()
    texts = [(str(key), text) for key, text in pairs if isinstance(text, str)]
    for number, (key, text) in enumerate(texts):
        try:
            if number >= MAX_COMMANDS:
                raise RestFault("ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
            run_command(portal, caller, key, text, batch)
        except RestFault as fault:
            description = "" if fault.code == "insufficient_scope" else fault.description
            batch.result_error[key] = {"error": fault.code, "error_description": description, **fault.extra}
            if halt:
                break
    if portal.switches["maps"] == "objects":
        return {name: getattr(batch, name) for name in MAPS}
    return {name: php.array(getattr(batch, name)) for name in MAPS}


def run_command(portal: Portal, caller: Caller, key: str, text: str, batch: Batch) -> None:
    """One command of a batch; raises RestFault."""
    started = time.time()
    name, query = php.split_command(text)
    if name == "batch":
        raise RestFault("ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage", 405)
    method = METHODS.get(name)
    if method is None:
        raise RestFault(*NOT_FOUND)
    params = php.substitute(query, batch.result)
    result = run_method(portal, caller, name, method, params)
    batch.result[key] = result.items if isinstance(result, Listed) else result
    batch.result_time[key] = envelope(portal, started, name)
    if isinstance(result, Listed):
        batch.result_total[key] = result.total
        if result.next is not None:
            batch.result_next[key] = result.next


def envelope(portal: Portal, started: float, method: str | None) -> dict[str, Any]:
    """The `time` of an answer; `operating` only where the limiter is on."""
    finish = time.time()
    clock: dict[str, Any] = {
        "start": started,
        "finish": finish,
        "duration": finish - started,
        "processing": finish - started,
        "date_start": moment(started),
        "date_finish": moment(finish),
    }
    if portal.switches["operating"]:
        total, reset_at = portal.operating.total(method) if method else (0.0, int(finish) + 600)
        clock |= {"operating_reset_at": reset_at, "operating": round(total, 6)}
    return clock


def moment(seconds: float) -> str:
    """Unix seconds as ISO 8601 in the portal's zone."""
    return datetime.fromtimestamp(seconds, UTC).astimezone(ZONE).isoformat(timespec="seconds")


def dump(portal: Portal, body: Any) -> bytes:
    """JSON as PHP prints it: escaped slashes and non-ASCII, unless switched off."""
    if portal.switches["json_escape"]:
        return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
