"""The registry of actions is the one list: routes, words, sandbox and page know each of its entries."""

import ast
from pathlib import Path

import pytest

from app.openlines.actions import ACTIONS, setting
from scripts.processes import CLIENT_ID
from tests.support.catalogues import load
from tests.support.frame import Frame
from tests.support.stand import http_pool

ROOT = Path(__file__).resolve().parents[2]
WORDS = load(ROOT / "app" / "translations")
FIXED = {"pin", "unpin", "pin_all", "unpin_all", "silence", "unsilence", "top", "untop"}


def test_the_fixed_names_are_there() -> None:
    assert set(ACTIONS) >= FIXED


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_an_action_is_complete(name: str) -> None:
    action = ACTIONS[name]
    assert action.name == name
    assert (action.field is None) is (action.shown is not None)
    assert (action.inverse is None) is (action.field is None)
    assert action.inverse is None or ACTIONS[action.inverse] is setting(action.field, not action.on)
    assert action.each is None or ACTIONS[action.each] is setting(action.field, action.on)
    assert (action.each is not None) is (action.kind == "operator")


def named_outside(app: Path) -> list[str]:
    """Places beside the registry that name an action; `top` is a field's name too, and says nothing."""
    names = set(ACTIONS) - {"top"}
    return [
        f"{path.relative_to(app)}:{node.lineno} {node.value}"
        for path in sorted(app.rglob("*.py"))
        if path.name != "actions.py" and "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in names
    ]


def test_nothing_else_names_an_action(tmp_path: Path) -> None:
    assert named_outside(ROOT / "app") == []
    (tmp_path / "silent.py").write_text('silent = action.name == "silence"\n')
    assert named_outside(tmp_path) == ["silent.py:1 silence"]


@pytest.mark.parametrize("name", sorted(ACTIONS))
@pytest.mark.parametrize("language", sorted(WORDS))
def test_an_action_has_words_for_what_it_did(language: str, name: str) -> None:
    ids = WORDS[language]
    deed = ACTIONS[name].each or name
    for outcome in ("done", "already", "not"):
        assert f"result.{outcome}.{deed}" in ids
        assert (f"result.{outcome}.{name}" in ids) is (deed == name), (
            "words of the whole are those of its part"
        )
    assert f"extra.action.{name}" in ids, "the journal is searched by action"
    assert f"result.done.{name}x" not in ids


def test_the_sandbox_knows_every_method(admin: Frame) -> None:
    _, fields = admin.sandbox.opening(27)

    def code(method: str) -> str:
        body = {"auth": fields["AUTH_ID"]}
        answer = http_pool().request("POST", f"{admin.sandbox.url}/rest/{method}", json=body)
        return str(answer.json().get("error", ""))

    for action in ACTIONS.values():
        assert code(action.method) != "ERROR_METHOD_NOT_FOUND", action.method
    assert code("imopenlines.session.mode.invented") == "ERROR_METHOD_NOT_FOUND"
    assert CLIENT_ID.startswith("local.")


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_the_route_serves_every_action(operator: Frame, name: str) -> None:
    chats = [next(iter(operator.dialogs()))] if ACTIONS[name].kind == "dialog" else []
    assert operator.act(name, *chats).status == 200


def test_the_page_is_told_every_action(operator: Frame) -> None:
    assert set(operator.open().boot["actions"]) == set(ACTIONS)
