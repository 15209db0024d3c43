"""Saved views: own and shared, whose they are, who may change them, and how many there may be."""

from dataclasses import replace

import msgspec
import pytest
from sqlalchemy import Engine

from app.desk.kept.views import MOST_OWN, MOST_SHARED, Filter, View, ViewChange, Views
from app.desk.model import NotKept, NotYours, TooMany
from app.portals.model import Operator
from tests.unit.desk.conftest import Clock

MARIA = Operator("m1", 27, "Maria", "en", "p.example", 1)
DAVID = replace(MARIA, user_id=31)
FORMER_ADMIN = replace(MARIA, user_id=2, is_admin=True)
ADMIN = replace(MARIA, user_id=1, is_admin=True)
FOREIGN_ADMIN = replace(ADMIN, member_id="m2")


@pytest.fixture
def views(engine: Engine) -> Views:
    return Views(engine, Clock(), lambda operator: operator.user_id == ADMIN.user_id)


def wanted(name: str = "Late", *, shared: bool = False, **conditions: object) -> ViewChange:
    return ViewChange(name=name, shared=shared, filter=msgspec.convert(conditions, Filter))


def names(found: list[View]) -> list[tuple[str, bool, bool]]:
    return [(view.name, view.shared, view.mine) for view in found]


def test_a_view_comes_back_as_it_was_saved(views: Views) -> None:
    conditions = {
        "stages": ["queue", "work"],
        "lines": [3],
        "unread": True,
        "waiting_over": 15,
        "sort": "line",
    }
    made = views.create(MARIA, wanted("  Late ones ", **conditions))
    assert views.load(MARIA) == [made]
    assert (made.name, made.mine, made.shared) == ("Late ones", True, False)
    assert msgspec.to_builtins(made.filter) == conditions
    assert msgspec.json.encode(wanted().filter) == b"{}"
    closing = {"crm": False, "closing_within": 120, "sort": "closing"}
    assert msgspec.to_builtins(views.create(MARIA, wanted("Soon", **closing)).filter) == closing


def test_own_views_are_private_and_shared_ones_are_everybodys(views: Views) -> None:
    views.create(MARIA, wanted("Own"))
    views.create(MARIA, wanted("Ours", shared=True))
    assert names(views.load(MARIA)) == [("Own", False, True), ("Ours", True, True)]
    assert names(views.load(DAVID)) == [("Ours", True, False)]
    assert views.load(FOREIGN_ADMIN) == []


def test_only_the_maker_or_an_administrator_changes_a_view(views: Views) -> None:
    own, ours = views.create(MARIA, wanted("Own")), views.create(MARIA, wanted("Ours", shared=True))
    for stranger, error in ((DAVID, NotYours), (FORMER_ADMIN, NotYours), (FOREIGN_ADMIN, NotKept)):
        with pytest.raises(error):
            views.change(stranger, ours.id, wanted("Taken", shared=True))
        with pytest.raises(error):
            views.delete(stranger, ours.id)
    for stranger in (DAVID, ADMIN):
        with pytest.raises(NotKept):
            views.change(stranger, own.id, wanted("Taken"))
    assert views.change(ADMIN, ours.id, wanted("Better", shared=True, pinned=True)).name == "Better"
    assert views.change(MARIA, own.id, wanted("Mine", silent=False)).filter.silent is False
    views.delete(ADMIN, ours.id)
    assert names(views.load(MARIA)) == [("Mine", False, True)]
    with pytest.raises(NotKept):
        views.delete(MARIA, ours.id)


def test_there_is_room_for_so_many(views: Views) -> None:
    for number in range(MOST_OWN):
        views.create(MARIA, wanted(f"Own {number}"))
    with pytest.raises(TooMany):
        views.create(MARIA, wanted())
    assert views.create(DAVID, wanted()).mine
    for number in range(MOST_SHARED):
        views.create(DAVID, wanted(f"Ours {number}", shared=True))
    with pytest.raises(TooMany):
        views.create(MARIA, wanted(shared=True))
    own = next(view for view in views.load(MARIA) if view.mine)
    with pytest.raises(TooMany):
        views.change(MARIA, own.id, wanted(shared=True))
    assert views.change(MARIA, own.id, wanted("Renamed")).name == "Renamed"


@pytest.mark.parametrize(
    "body",
    [
        {"name": "", "filter": {}},
        {"name": "   ", "filter": {}},
        {"name": "x" * 61, "filter": {}},
        {"name": "a\nb", "filter": {}},
        {"name": "a"},
        {"name": "a", "filter": {"unknown": 1}},
        {"name": "a", "filter": {"stages": ["later"]}},
        {"name": "a", "filter": {"lines": [0]}},
        {"name": "a", "filter": {"pinned": "yes"}},
        {"name": "a", "filter": {"waiting_over": -1}},
        {"name": "a", "filter": {"sort": "random"}},
        {"name": "a", "filter": {"closing_within": 0}},
        {"name": "a", "filter": {"closing_within": 100_001}},
        {"name": "a", "filter": {"crm": 1}},
        {"name": "a", "filter": {"query": "x" * 101}},
        {"name": "a", "filter": {}, "user_id": 1},
    ],
)
def test_what_makes_no_sense_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, ViewChange)
    assert msgspec.convert({"name": "a", "filter": {}}, ViewChange).shared is False
