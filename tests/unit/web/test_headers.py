"""Headers of every answer, static files, health, metrics, and the probes that must have no effect."""

import gzip
import re
from pathlib import Path

import pytest
import rcssmin
from flask import g

from app.web.assets import Assets
from app.web.frame import framed_by, origin_of
from tests.unit.web.told import Web

PAGES = ["/", "/login", "/app", "/none", "/login?domain=nobody.example"]


def directives(policy: str) -> dict[str, str]:
    """A content security policy as a dictionary."""
    return dict(part.strip().partition(" ")[::2] for part in policy.split(";"))


@pytest.mark.parametrize("path", PAGES)
def test_pages_outside_a_frame_are_framed_by_nobody(web: Web, path: str) -> None:
    answer = web.client.get(path)
    policy = directives(answer.headers["Content-Security-Policy"])
    assert policy["frame-ancestors"] == "'none'"
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", PAGES)
def test_every_script_of_a_page_has_this_answers_nonce(web: Web, path: str) -> None:
    nonces = set()
    for _ in range(2):
        answer = web.client.get(path)
        found = re.search(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
        assert found
        scripts = re.findall(r"<script[^>]*>", answer.get_data(as_text=True))
        assert scripts
        assert all(f'nonce="{found[1]}"' in script for script in scripts)
        nonces.add(found[1])
    assert len(nonces) == 2


def test_no_page_has_inline_style_or_handlers(web: Web) -> None:
    for path in PAGES:
        html = web.client.get(path).get_data(as_text=True)
        assert not re.search(r"\sstyle=|\son\w+=|<style|javascript:", html), path


@pytest.mark.parametrize("path", ["/install", "/app", "/events"])
def test_a_probe_is_answered_and_does_nothing(web: Web, path: str) -> None:
    answer = web.client.head(f"{path}?code=x&state=y")
    assert (answer.status_code, answer.get_data()) == (200, b"")
    assert web.desk.calls == []
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/install", "/app"])
@pytest.mark.parametrize("body", [{}, {"AUTH_ID": "x" * 70}, {"AUTH_ID": ["a", "b"]}])
def test_an_opening_without_its_fields_is_a_page_for_any_frame(
    web: Web, path: str, body: dict[str, str]
) -> None:
    answer = web.client.post(f"{path}?DOMAIN=portal.example&LANG=ru", data=body)
    assert answer.status_code == 400
    assert directives(answer.headers["Content-Security-Policy"])["frame-ancestors"] == "*"
    html = answer.get_data(as_text=True)
    assert 'lang="ru"' in html
    assert re.search(r'data-copy="[0-9A-F]{4}-[0-9A-F]{4}"', html)
    assert "session-token" not in html
    assert web.desk.calls == []


def test_health_asks_nobody(web: Web) -> None:
    assert web.client.get("/healthz").get_data() == b"ok"
    assert web.client.get("/readyz").get_json() == {"database": True}


def test_metrics_want_their_token(web: Web) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "metrics token"}):
        assert web.client.get("/metrics", headers=headers).status_code == 401
    assert web.client.get("/metrics", headers={"Authorization": "bearer METRICS TOKEN"}).status_code == 401
    for scheme in ("bearer", "BEARER", "Bearer"):
        answer = web.client.get("/metrics", headers={"Authorization": f"{scheme} metrics token"})
        assert answer.status_code == 200
    assert b'pinline_requests_total{route="/metrics",status="401"} 4.0' in answer.get_data()


def test_static_files_are_kept_by_their_hash(web: Web) -> None:
    assets = web.services.assets
    answer = web.client.get(assets.url("css/base.css"), headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "gzip")
    assert "immutable" in answer.headers["Cache-Control"]
    sheet = bytes(rcssmin.cssmin(Path("static/css/base.css").read_bytes()))
    assert gzip.decompress(answer.get_data()) == sheet
    plain = web.client.get("/static/css/base.css")
    assert plain.headers["Cache-Control"] == "no-cache"
    assert plain.get_data() == sheet


@pytest.mark.parametrize("path", ["../app.py", "..%2fapp.py", "css", "css/none.css", "", "/etc/passwd"])
def test_nothing_outside_the_folder_is_served(web: Web, path: str) -> None:
    assert web.client.get(f"/static/{path}").status_code == 404
    assert web.client.get(web.services.assets.url(path)).status_code == 404


def test_the_hash_follows_the_content(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a")
    first = Assets(tmp_path).version
    assert Assets(tmp_path).version == first
    (tmp_path / "a.css").write_text("b")
    assert Assets(tmp_path).version != first


def test_large_answers_are_compressed_when_wanted(web: Web) -> None:
    web.desk.answer = {"text": "x" * 5000}
    packed = web.client.get("/api/preferences", headers=web.headers(**{"Accept-Encoding": "gzip"}))
    plain = web.client.get("/api/preferences", headers=web.headers())
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.get_data()) == plain.get_data()
    assert "Content-Encoding" not in plain.headers


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("br, gzip;q=0.5", True),
        ("*", True),
        ("GZIP", True),
        ("gzip;q=0", False),
        ("br, gzip;q=0, *", False),
        ("*;q=0", False),
        ("identity, xgzip", False),
    ],
)
def test_what_a_client_does_not_take_is_not_compressed(web: Web, accepted: str, packed: bool) -> None:
    web.desk.answer = {"text": "x" * 5000}
    answer = web.client.get("/api/preferences", headers=web.headers(**{"Accept-Encoding": accepted}))
    sheet = web.client.get(web.services.assets.url("css/base.css"), headers={"Accept-Encoding": accepted})
    assert ("Content-Encoding" in answer.headers, "Content-Encoding" in sheet.headers) == (packed, packed)


def test_origins_are_written_as_browsers_do(web: Web) -> None:
    assert origin_of("https://Portal.example:8443/rest/") == "https://portal.example:8443"
    with web.app.test_request_context("/"):
        framed_by("https://portal.example")
        assert g.ancestors == "https://portal.example"
