"""T18: bodies that are too large, too many, too deep. Refused early, without memory or time being spent."""

from collections.abc import Iterator

from tests.security.local import LocalApp
from tests.security.raw import Answer, memory, request, send
from tests.security.trial import FULL, Trial, size
from tests.support.frame import Frame
from tests.support.stand import RunningApp

THREAT = "T18"
WHAT = "oversized requests"
ATTEMPTS, PART = 60, 30

FORM = "application/x-www-form-urlencoded"
MB = 1024 * 1024
SOON = 0.05  # seconds, asserted in a full run only: the machine of an ordinary one has other things to do
ROOM = 8.0  # MB


def bodies(session: str) -> dict[str, tuple[bytes, ...]]:
    """Requests by what is too much in them."""
    api = {"X_B24_Session": session, "Content_Type": "application/json"}
    many = b"&".join(b"f%d=1" % number for number in range(10_000))
    nested = b"data" + b"[a]" * 2_000 + b"=1"
    deep, wide = b"[" * 100_000, b'{"chat_ids":[' + b"1," * 60_000 + b"1]}"
    big = b"AUTH_ID=" + b"a" * (4 * MB)
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    chunked = request("POST", "/app", Content_Type=FORM, Transfer_Encoding="chunked").replace(
        b"Content-Length: 0\r\n", b""
    )
    return {
        "a long form": (request("POST", "/app", big, Content_Type=FORM),),
        "a long form, installing": (request("POST", "/install", big, Content_Type=FORM),),
        "a long event": (request("POST", "/events", big, Content_Type=FORM),),
        "a length of a terabyte": (
            request("POST", "/app", b"x", Content_Type=FORM, Content_Length=str(2**40)),
        ),
        "a length below zero": (request("POST", "/app", b"x", Content_Type=FORM, Content_Length="-1"),),
        "endless chunks": (chunked, *([chunk] * 64)),
        "10,000 fields": (request("POST", "/app", many, Content_Type=FORM),),
        "10,000 fields of an event": (request("POST", "/events", many, Content_Type=FORM),),
        "a deep key": (request("POST", "/events", nested, Content_Type=FORM),),
        "multipart": (request("POST", "/app", big, Content_Type="multipart/form-data; boundary=x"),),
        "deep JSON": (request("POST", "/api/actions/pin", deep, **api),),
        "wide JSON": (request("POST", "/api/actions/pin", wide, **api),),
        "long JSON": (request("POST", "/api/runs", b'{"action":"' + b"a" * MB + b'"}', **api),),
        "a huge number": (
            request("POST", "/api/actions/pin", b'{"chat_ids":[' + b"9" * 200_000 + b"]}", **api),
        ),
        "a long address": (request("GET", "/app?" + "a" * 100_000),),
        "a long header": (request("GET", "/", X_Long="a" * 100_000),),
        "1,000 headers": (request("GET", "/", **{f"X_{number}": "1" for number in range(1_000)}),),
        "a compressed body": (
            request("POST", "/app", b"\x1f\x8b" * 1000, Content_Type=FORM, Content_Encoding="gzip"),
        ),
    }


def refused(app: RunningApp, victim: Frame, slowest: list[float]) -> Iterator[str]:
    """Each of them, several times over."""
    port = int(app.url.rpartition(":")[2])
    for _ in range(size(4, 2)):
        for name, pieces in bodies(str(victim.token)).items():
            answer: Answer = send(port, *pieces)
            slowest.append(answer.seconds)
            yield f"{name}: {answer.content[:100]!r}" if answer.status < 400 and answer.content else ""
            yield from [f"{name}: {answer.status}"] if answer.status >= 500 else []


def unlimited(local: LocalApp) -> Iterator[str]:
    """The same long form in process: without the limit it is read whole, and refused for its content only."""
    answer = local.flask.test_client().post("/app", data=b"AUTH_ID=" + b"a" * (4 * MB), content_type=FORM)
    yield "" if answer.status_code == 413 else "read whole"


def test_oversized(trial: Trial, local: LocalApp, served: RunningApp) -> None:
    portal = local.portal()
    portal.app_url = served.url
    portal.reset("facts")
    Frame(portal, user_id=1).install()
    victim = Frame(portal)
    assert victim.open().token
    process = served.server.process.pid
    list(refused(served, victim, []))
    before, slowest = memory(process), [0.0]
    trial.attack(refused(served, victim, slowest))
    grown = memory(process) - before
    trial.figure("memory", f"{grown:+.1f} MB")
    trial.figure("slowest", f"{max(slowest) * 1000:.0f} ms")
    assert grown <= ROOM
    assert victim.get("/api/dialogs").status == 200
    assert list(unlimited(local)) == [""]
    with trial.without(local.flask, "config", local.flask.config | {"MAX_CONTENT_LENGTH": None}):
        trial.control(unlimited(local))
    trial.verdict()
    assert not FULL or max(slowest) <= SOON
