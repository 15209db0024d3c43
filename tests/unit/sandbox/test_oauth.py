"""The authorization server: exchange, refresh, and the answer that can be trusted."""

import http.client
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

KEYS = {"client_id": "local.sandbox.00000001", "client_secret": "sandbox-secret"}


@pytest.fixture
def token_url(box):
    return f"{box.oauth}/oauth/token/"


def refresh(box, token_url, value, **other):
    return box.send(token_url, form={**KEYS, "grant_type": "refresh_token", "refresh_token": value, **other})


def test_a_refresh_gives_a_new_pair_and_uses_the_old_one_up(box, token_url):
    fields = box.fields()
    reply = refresh(box, token_url, fields["REFRESH_ID"])
    answer = reply.json
    assert answer["domain"] == box.oauth.partition("://")[2] != box.origin.partition("://")[2]
    assert answer["client_endpoint"] == f"{box.origin}/rest/"
    assert (answer["user_id"], answer["member_id"]) == (27, fields["member_id"])
    assert answer["refresh_token"] != fields["REFRESH_ID"]
    assert refresh(box, token_url, fields["REFRESH_ID"]).error == (400, "invalid_grant")
    assert box.rest("profile", token=fields["AUTH_ID"]).status == 200
    assert box.rest("profile", token=answer["access_token"]).status == 200


def test_a_used_refresh_token_works_again_if_switched_so(box, token_url):
    box.control("switches", {"refresh_reuse": True})
    value = box.fields()["REFRESH_ID"]
    assert [refresh(box, token_url, value).status for _ in range(2)] == [200, 200]


def test_get_and_post_are_both_served(box, token_url):
    query = urlencode({**KEYS, "grant_type": "refresh_token", "refresh_token": box.fields()["REFRESH_ID"]})
    assert box.send(f"{token_url}?{query}").status == 200


def test_wrong_keys_and_requests_are_refused(box, token_url):
    value = box.fields()["REFRESH_ID"]
    assert refresh(box, token_url, value, client_secret="guess").error == (400, "invalid_client")
    assert refresh(box, token_url, "nonsense").error == (400, "invalid_grant")
    assert box.send(token_url, form=KEYS).error == (400, "invalid_request")
    assert refresh(box, token_url, value).status == 200


@pytest.mark.parametrize("grant", ["authorization_code", "refresh_token"])
@pytest.mark.parametrize("given", [{}, {"code": "", "refresh_token": ""}])
def test_a_grant_without_its_secret_is_a_wrong_request(box, token_url, grant, given):
    """Page settings/oauth/error-codes: missing; `invalid_grant` is for what is not right."""
    asked = {**KEYS, "grant_type": grant, **given}
    assert box.send(token_url, form=asked).error == (400, "invalid_request")
    wrong = asked | {"code": "nonsense", "refresh_token": "nonsense"}
    assert box.send(token_url, form=wrong).error == (400, "invalid_grant")


def test_payment_and_uninstall_end_the_refresh(box, token_url):
    value = box.fields()["REFRESH_ID"]
    box.control("switches", {"payment": False})
    assert refresh(box, token_url, value).error == (401, "PAYMENT_REQUIRED")
    box.control("switches", {"payment": True})
    box.control("uninstall", {"clean": 1})
    assert refresh(box, token_url, value).error == (401, "NOT_INSTALLED")


def test_a_code_is_worth_nothing_where_nobody_pays(box, token_url):
    """Page settings/oauth/error-codes: PAYMENT_REQUIRED."""
    location = authorize(box, {"client_id": KEYS["client_id"], "state": "s"})
    code = parse_qs(urlsplit(location).query)["code"][0]
    box.control("switches", {"payment": False})
    form = {**KEYS, "grant_type": "authorization_code", "code": code}
    assert box.send(token_url, form=form).error == (401, "PAYMENT_REQUIRED")


def test_app_info_names_application_portal_and_user(box):
    fields = box.fields(31)
    result = box.send(f"{box.oauth}/rest/app.info", form={"auth": fields["AUTH_ID"]}).result
    assert result["client_id"] == KEYS["client_id"]
    assert result["user_id"] == "31"
    assert result["install"]["member_id"] == fields["member_id"]
    assert result["install"]["domain"] == box.origin.partition("://")[2]
    assert result["install"]["client_endpoint"] == f"{box.origin}/rest/"
    portal_side = box.rest("app.info", token=fields["AUTH_ID"]).result
    assert "install" not in portal_side
    assert portal_side["INSTALLED"] is True


def test_app_info_does_not_know_strangers(box):
    url = f"{box.oauth}/rest/app.info"
    assert box.send(url, form={"auth": "nonsense"}).error == (401, "NO_AUTH_FOUND")
    token = box.token()
    box.control("expire_tokens", {})
    assert box.send(url, form={"auth": token}).error == (401, "expired_token")


def test_a_code_comes_back_to_the_app_and_works_once(box, token_url):
    location = authorize(box, {"client_id": KEYS["client_id"], "state": "s-1"})
    parts = urlsplit(location)
    back = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "http://127.0.0.1:8000/app"
    assert (back["state"], back["domain"]) == ("s-1", box.origin.partition("://")[2])
    form = {**KEYS, "grant_type": "authorization_code", "code": back["code"]}
    answer = box.send(token_url, form=form).json
    assert answer["user_id"] == 27
    assert box.send(token_url, form=form).error == (400, "invalid_grant")


def test_authorization_fails_on_the_portal_itself(box):
    assert authorize(box, {"client_id": "local.other", "state": "s"}) is None
    box.control("uninstall", {})
    assert authorize(box, {"client_id": KEYS["client_id"], "state": "s"}) is None


def authorize(box, query):
    """Where the portal sends the browser, or None."""
    line = http.client.HTTPConnection("localhost", int(box.origin.rpartition(":")[2]))
    line.request("GET", f"/oauth/authorize/?{urlencode(query)}")
    answer = line.getresponse()
    answer.read()
    line.close()
    return answer.getheader("Location")


def test_a_token_of_another_application_names_it(box, token_url):
    """Page settings/oauth/error-codes: `wrong_client` is a pair of another client."""
    other = "app.573ad8a0346747.09223434"
    fields = box.control(f"open?user_id=31&client_id={other}")["fields"]
    info = box.send(f"{box.oauth}/rest/app.info", form={"auth": fields["AUTH_ID"]}).result
    assert (info["client_id"], info["user_id"]) == (other, "31")
    assert info["install"]["member_id"] == box.fields()["member_id"]
    refused = refresh(box, token_url, fields["REFRESH_ID"])
    assert refused.json == {"error": "wrong_client"}
    assert refresh(box, token_url, box.fields()["REFRESH_ID"]).status == 200
