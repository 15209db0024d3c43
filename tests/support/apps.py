"""Apps in a test's own process: their settings, and a portal as the authorization server proves it.

The rule: an app that was made is closed, so that nothing of it works on behind the test.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask

from app import create_app
from app.config import Settings
from app.portals.model import Proof
from app.web.services import EXTENSION, Services
from sandbox import running
from sandbox.running import Running

MEMBER = "0123456789abcdef0123456789abcdef"
PROOF = Proof(
    member_id=MEMBER,
    user_id=27,
    domain="portal.example",
    client_endpoint="https://portal.example/rest/",
    oauth_server="https://oauth.example",
    status="L",
    scope="im,imopenlines",
    version="1",
)


def production(url: str, folder: Path, **more: Any) -> Settings:
    """Settings as in production, on this database; without Redis unless it is given."""
    values: dict[str, Any] = {
        "client_id": "app.id",
        "client_secret": "client-secret",
        "app_url": "https://pinline.example",
        "secret_key": "a secret key of tests",
        "token_keys": ("a token key of the tests",),
        "database_url": url,
        "metrics_token": "metrics token",
        "instance": folder / "instance",
        **more,
    }
    return Settings(**values)


def beside(box: Running, app_url: str, url: str, folder: Path) -> Settings:
    """Settings of development, beside a sandbox that runs in this process."""
    return production(
        url,
        folder,
        client_id=running.CLIENT_ID,
        client_secret=running.CLIENT_SECRET,
        app_url=app_url,
        oauth_servers=(box.oauth_origin,),
        js_url=f"{box.origin}/bx24.js",
        allow_local=True,
    )


@contextmanager
def made(settings: Settings | None = None) -> Iterator[Flask]:
    """The app of these settings, or of the environment's, until the block ends."""
    app = create_app(settings)
    services: Services = app.extensions[EXTENSION]
    try:
        yield app
    finally:
        services.close()
