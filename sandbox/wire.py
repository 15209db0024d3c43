"""The HTTP side of REST: reading parameters PHP's way, faults, the limiter, CORS, the record of requests."""

from typing import Any

from flask import Flask, Request, Response, request

from sandbox import php, rest
from sandbox.faults import EXECUTED, WHOLE, Fault
from sandbox.portal import Portal

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "origin, content-type, accept",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Max-Age": "600",
}
HTML = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center><hr>nginx</body></html>"
LOGIN = (
    "<!DOCTYPE html><html><head><title>Authorization</title></head><body><form>Log in</form></body></html>"
)


def install(app: Flask, portal: Portal) -> None:
    """Add /rest/* to the portal's site."""

    @app.route("/rest/<path:name>", methods=["GET", "POST", "OPTIONS"])
    def rest_method(name: str) -> Response:
        if request.method == "OPTIONS":
            return Response(status=200, headers=CORS)
        method = name.strip("/").lower().removesuffix(".json")
        row = portal.record.begin("portal", request.path, method, connection())
        answer = with_cors(respond(portal, method, row))
        portal.record.end(row, answer.status_code)
        return answer


def respond(portal: Portal, method: str, row: dict[str, Any]) -> Response:
    """Limiter, faults, then the method."""
    params = read_params(request)
    row["commands"] = command_names(params) if method == "batch" else [method]
    names = [method, *row["commands"]]
    row["user_id"] = owner(portal, params)
    portal.stopping.wait(float(portal.switches["answer_latency"]))
    source = request.remote_addr or ""
    limits = portal.switches
    if limits["limiter"] and not portal.bucket.pour(source, limits["bucket_drain"], limits["bucket_size"]):
        return too_many(portal)
    fault = portal.faults.take("portal", names, WHOLE, row["user_id"]) if portal.faults.orders else None
    if fault is None:
        return run(portal, method, params, names)
    if fault.after or fault.kind in EXECUTED:
        if fault.kind == "slow" and not fault.after:
            portal.stopping.wait(fault.seconds)
        answer = run(portal, method, params, names)
        return spoil(portal, fault, answer)
    return spoil(portal, fault, Response(status=200))


def run(portal: Portal, method: str, params: dict[str, Any], names: list[str]) -> Response:
    """The answer of a healthy portal."""
    bearer = request.headers.get("Authorization", "").partition("Bearer ")[2].strip()
    answer = rest.serve(portal, method, params, bearer, names)
    return json_response(portal, answer.body, answer.status)


def spoil(portal: Portal, fault: Fault, answer: Response) -> Response:
    """The answer as the fault wants it."""
    wire = request.environ["sandbox.wire"]
    if fault.kind in ("reset", "drip", "truncated"):
        wire.kind, wire.seconds = fault.kind, fault.seconds
        return answer
    if fault.kind == "hang":
        portal.stopping.wait(fault.seconds)
        wire.kind = "close"
        return answer
    if fault.kind == "slow":
        if fault.after:
            portal.stopping.wait(fault.seconds)
        return answer
    return replacement(portal, fault)


def replacement(portal: Portal, fault: Fault) -> Response:
    """What stands in for the portal's answer."""
    if fault.kind == "503":
        return too_many(portal)
    if fault.kind in ("502", "503html"):
        title = "502 Bad Gateway" if fault.kind == "502" else "503 Service Temporarily Unavailable"
        return Response(HTML.format(title), int(title[:3]), content_type="text/html")
    if fault.kind == "500":
        body = {"error": "INTERNAL_SERVER_ERROR", "error_description": "Internal server error"}
        return json_response(portal, body, 500)
    if fault.kind == "302":
        return Response(status=302, headers={"Location": "https://renamed.example.com/rest/"})
    if fault.kind == "huge":
        return Response(b'{"result":"' + b"x" * 40_000_000 + b'"}', 200, content_type="application/json")
    if fault.kind == "html":
        return Response(LOGIN, 200, content_type="text/html; charset=UTF-8")
    return Response(b"", 200, content_type="application/json")


def too_many(portal: Portal) -> Response:
    """The infrastructure's 503."""
    body = {"error": "QUERY_LIMIT_EXCEEDED", "error_description": "Too many requests"}
    return json_response(portal, body, 503)


def json_response(portal: Portal, body: Any, status: int) -> Response:
    """JSON by the portal's rules."""
    return Response(rest.dump(portal, body), status, content_type="application/json; charset=utf-8")


def with_cors(answer: Response) -> Response:
    """Any site's script may call REST."""
    answer.headers.extend(CORS)
    return answer


def connection() -> int:
    """The number of the connection that the request came on."""
    return int(request.environ.get("sandbox.connection", 0))


def read_params(incoming: Request) -> dict[str, Any]:
    """Query and body merged, the body wins; JSON, urlencoded or multipart."""
    params = php.parse_str(incoming.query_string.decode("latin-1"))
    if incoming.mimetype == "application/json":
        body = incoming.get_json(silent=True)
        return params | body if isinstance(body, dict) else params
    if incoming.mimetype == "multipart/form-data":
        return params | php.fields(incoming.form.items(multi=True))
    return params | php.urlencoded(incoming.get_data())


def command_names(params: dict[str, Any]) -> list[str]:
    """The methods of a batch, in order."""
    commands = next((value for key, value in params.items() if key.lower() == "cmd"), None)
    texts = php.values(commands) if isinstance(commands, dict | list) else []
    return [php.split_command(text)[0] for text in texts if isinstance(text, str)]


def owner(portal: Portal, params: dict[str, Any]) -> int | None:
    """Whose token it is, for the record."""
    bearer = request.headers.get("Authorization", "").partition("Bearer ")[2].strip()
    token = bearer or str(params.get("auth") or params.get("access_token") or "")
    pair = portal.tokens.by_access.get(token)
    return pair.user_id if pair else None
