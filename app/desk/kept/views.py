"""Saved views: a filter with a name, one's own or shared in the portal.

The rule: a shared view is changed only by whoever made it, or by an administrator of the portal.
"""

from collections.abc import Callable
from datetime import datetime
from secrets import token_urlsafe
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, delete, func, or_, select, update

from app.desk.checks import LARGEST_ID
from app.desk.model import NotKept, NotYours, TooMany
from app.openlines.model import Stage
from app.portals.model import Operator
from app.storage.engine import reading
from app.storage.tables import views

MOST_OWN = 30
MOST_SHARED = 50
_LineId = Annotated[int, msgspec.Meta(gt=0, le=LARGEST_ID)]
_Connector = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Sort = Literal["waiting", "unread", "newest", "line", "closing"]
"""Orders of a list; a section of Top keeps its own."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]*\S[^\x00-\x1f]*$")]
_view = views.c


class Filter(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which dialogs a view shows: all conditions that are given hold.

    In minutes: `waiting_over`, who waits longer than that, and `closing_within`, whose reply window closes
    sooner. `crm`: whether there is a CRM card.
    """

    stages: Annotated[list[Stage], msgspec.Meta(max_length=4)] = []
    lines: Annotated[list[_LineId], msgspec.Meta(max_length=100)] = []
    connectors: Annotated[list[_Connector], msgspec.Meta(max_length=50)] = []
    pinned: bool | None = None
    top: bool | None = None
    silent: bool | None = None
    unread: bool | None = None
    mine: bool | None = None
    crm: bool | None = None
    waiting_over: Annotated[int, msgspec.Meta(ge=0, le=100_000)] | None = None
    closing_within: Annotated[int, msgspec.Meta(gt=0, le=100_000)] | None = None
    query: Annotated[str, msgspec.Meta(max_length=100)] = ""
    sort: Sort | None = None


class ViewChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a person says of a view."""

    name: Name
    filter: Filter
    shared: bool = False


class View(msgspec.Struct, kw_only=True):
    """A saved view as one operator sees it; `mine`: this operator made it."""

    id: str
    name: str
    shared: bool
    mine: bool
    filter: Filter


class Views:
    """SQL of the views. Every query names the portal; `is_admin(operator)` asks it."""

    def __init__(
        self, engine: Engine, clock: Callable[[], datetime], is_admin: Callable[[Operator], bool]
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._is_admin = is_admin

    def load(self, operator: Operator) -> list[View]:
        """The operator's own views and all shared ones, in the order in which they were made."""
        with reading(self._engine) as conn:
            rows = conn.execute(select(views).where(_seen_by(operator)).order_by(*_ORDER)).all()
        return [_make(row, operator) for row in rows]

    def create(self, operator: Operator, change: ViewChange) -> View:
        """Save a new view. Raises `TooMany`."""
        view_id = token_urlsafe(9)
        row = {
            "member_id": operator.member_id,
            "view_id": view_id,
            "user_id": operator.user_id,
            "created_at": self._clock(),
            **_columns(change),
        }
        with self._engine.begin() as conn:
            _check_room(conn, operator, change)
            conn.execute(views.insert().values(row))
            return _make(_find(conn, operator, view_id), operator)

    def change(self, operator: Operator, view_id: str, change: ViewChange) -> View:
        """Put another name, filter or audience in place. Raises `NotKept`, `NotYours`, `TooMany`."""
        self._check_right(operator, view_id)
        with self._engine.begin() as conn:
            found = _find(conn, operator, view_id)
            if found.shared is not change.shared:
                _check_room(conn, operator, change)
            conn.execute(update(views).where(_is(operator, view_id)).values(_columns(change)))
            return _make(_find(conn, operator, view_id), operator)

    def delete(self, operator: Operator, view_id: str) -> None:
        """Forget a view. Raises `NotKept`, `NotYours`."""
        self._check_right(operator, view_id)
        with self._engine.begin() as conn:
            conn.execute(delete(views).where(_is(operator, view_id)))

    def _check_right(self, operator: Operator, view_id: str) -> None:
        """Somebody else's view is an administrator's business, and the portal says who that is now."""
        with reading(self._engine) as conn:
            found = _find(conn, operator, view_id)
        if found.user_id != operator.user_id and not (operator.is_admin and self._is_admin(operator)):
            raise NotYours(view_id)


_ORDER = (_view.created_at, _view.view_id)


def _columns(change: ViewChange) -> dict[str, Any]:
    return {
        "name": change.name.strip(),
        "shared": change.shared,
        "filter": msgspec.to_builtins(change.filter),
    }


def _seen_by(operator: Operator) -> ColumnElement[bool]:
    audience = or_(_view.shared, _view.user_id == operator.user_id)
    return and_(_view.member_id == operator.member_id, audience)


def _is(operator: Operator, view_id: str) -> ColumnElement[bool]:
    return and_(_view.member_id == operator.member_id, _view.view_id == view_id)


def _find(conn: Connection, operator: Operator, view_id: str) -> Row[Any]:
    found = conn.execute(select(views).where(_seen_by(operator), _view.view_id == view_id)).first()
    if found is None:
        raise NotKept(view_id)
    return found


def _check_room(conn: Connection, operator: Operator, change: ViewChange) -> None:
    own = and_(_view.user_id == operator.user_id, _view.shared.is_(False))
    alike = _view.shared if change.shared else own
    query = select(func.count()).select_from(views).where(_view.member_id == operator.member_id, alike)
    if (conn.execute(query).scalar() or 0) >= (MOST_SHARED if change.shared else MOST_OWN):
        raise TooMany("views")


def _make(row: Row[Any], operator: Operator) -> View:
    return View(
        id=row.view_id,
        name=row.name,
        shared=row.shared,
        mine=row.user_id == operator.user_id,
        filter=msgspec.convert(row.filter, Filter),
    )
