"""A real client, b24pysdk, talks to the sandbox; only its https and its server's name are exchanged."""

from importlib import import_module
from urllib.parse import parse_qsl, urlsplit

import pytest
from b24pysdk.api.requesters import bitrix_oauth_requester as oauth_requester
from b24pysdk.credentials import BitrixApp, BitrixToken, OAuthPlacementData
from b24pysdk.credentials.oauth_event_data import OAuthEventData

from sandbox import deliver, php


@pytest.fixture
def sdk_app(box, monkeypatch):
    """The SDK's application object, pointed at the sandbox."""
    caller = import_module("b24pysdk.api.callers.call_method")  # the name leads to a function
    url = property(lambda self: f"http://{self._domain}/rest")
    monkeypatch.setattr(caller._MethodCaller, "_base_url", url)
    requester = oauth_requester.BitrixOAuthRequester
    monkeypatch.setattr(requester, "_OAUTH_TOKEN_URL", f"{box.oauth}/oauth/token/")
    monkeypatch.setattr(requester, "_APP_INFO_URL", f"{box.oauth}/rest/app.info/")
    return BitrixApp(client_id="local.sandbox.00000001", client_secret="sandbox-secret")


@pytest.fixture
def opening(box):
    """An opening as the SDK reads it."""
    form = box.control("open?user_id=27")
    return OAuthPlacementData.from_dict({**dict(parse_qsl(urlsplit(form["action"]).query)), **form["fields"]})


def test_the_sdk_reads_and_proves_an_opening(sdk_app, opening):
    info = opening.get_app_info(sdk_app)
    assert opening.validate_against_app_info(info) is True
    assert info.client_id == "local.sandbox.00000001"
    assert str(info.user_id) == "27"


def test_the_sdk_calls_methods_and_batches(sdk_app, opening):
    token = BitrixToken.from_oauth_placement_data(opening, sdk_app)
    assert token.call_method("profile")["result"]["ID"] == "27"
    methods = {
        "list": ("im.recent.get", {"ONLY_OPENLINES": "Y"}),
        "lines": ("imopenlines.config.list.get", {}),
    }
    maps = token.call_batch(methods)["result"]
    assert maps["result"]["list"][0]["chat"]["type"] == "lines"
    assert maps["result"]["lines"][0]["LINE_NAME"] == "Web store"
    assert maps["result_error"] == []


def test_the_sdk_refreshes_an_expired_token(box, sdk_app, opening):
    token = BitrixToken.from_oauth_placement_data(opening, sdk_app)
    before = token.auth_token
    box.control("expire_tokens", {"user_id": 27})
    assert token.call_method("profile")["result"]["ID"] == "27"
    assert token.auth_token != before


@pytest.mark.parametrize(("user_id", "system"), [(1, False), (None, True)])
def test_the_sdk_reads_events(box, user_id, system):
    box.control("switches", {"event_auth": "docs"})  # the SDK wants the endpoints in every event
    body = php.form(deliver.envelope(box.portal, "ONAPPINSTALL", {"VERSION": 1}, user_id))
    event = OAuthEventData.from_dict(dict(parse_qsl(body)))
    assert (event.event, event.is_system) == ("ONAPPINSTALL", system)
    assert event.auth.member_id == box.portal.member_id
