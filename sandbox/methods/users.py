"""People: user.get never returns guests, im.user.* does."""

from typing import Any

from sandbox import cards, php
from sandbox.methods.call import Call, Listed, Method, as_int
from sandbox.rest_errors import RestFault
from sandbox.world import User

USER_SCOPES = ("user", "user_basic", "user_brief")
PAGE = 50


def employee(user: User) -> dict[str, Any]:
    """An employee in the shape of user.get: ids as strings, dates that may be `{}`."""
    return {
        "ID": str(user.id),
        "ACTIVE": user.active,
        "NAME": user.name,
        "LAST_NAME": user.last_name,
        "SECOND_NAME": "",
        "IS_ONLINE": "Y" if user.available else "N",
        "TIMESTAMP_X": {},
        "LAST_ACTIVITY_DATE": {},
        "PERSONAL_GENDER": user.gender,
        "WORK_POSITION": user.position,
        "UF_DEPARTMENT": [1],
        "USER_TYPE": "employee",
    }


def need_user_scope(call: Call) -> None:
    """One of the user scopes is enough."""
    if not set(USER_SCOPES) & set(call.scopes):
        status = 403 if call.switch("auth_status") == "docs" else 401
        raise RestFault("insufficient_scope", "The request requires higher privileges", status)


def get(call: Call) -> Listed:
    """user.get by ID, FILTER[ID] or FILTER[ACTIVE]; pages of 50, `start` is rounded down to one."""
    need_user_scope(call)
    given = call.params.get("FILTER")
    criteria = {key.upper(): value for key, value in given.items()} if isinstance(given, dict) else {}
    wanted = criteria.get("ID", call.params.get("ID"))
    ids = {as_int(value) for value in php.values(wanted)}
    people = [user for user in call.world.users.values() if not user.connector and not user.bot]
    found = [user for user in sorted(people, key=lambda user: user.id) if not ids or user.id in ids]
    if "ACTIVE" in criteria:
        active = str(criteria["ACTIVE"]).lower() in ("true", "y", "1")
        found = [user for user in found if user.active is active]
    start = max(0, call.number("START")) // PAGE * PAGE
    more = start + PAGE if start + PAGE < len(found) else None
    return Listed([employee(user) for user in found[start : start + PAGE]], len(found), more)


def current(call: Call) -> dict[str, Any]:
    """user.current."""
    need_user_scope(call)
    return employee(call.user)


def is_admin(call: Call) -> bool:
    """user.admin."""
    return call.user.admin


def im_list(call: Call) -> Any:
    """im.user.list.get: cards by id, null for the unknown; `[]` when nothing is asked."""
    ids = [as_int(value) for value in php.values(call.params.get("ID"))]
    if not ids:
        raise RestFault("INVALID_FORMAT", "A wrong format for the ID field is passed")
    people = call.world.users
    found = {str(n): cards.user_card(people[n]) if n in people else None for n in ids}
    return php.values(found) if call.text("RESULT_TYPE") == "array" else php.array(found)


def im_get(call: Call) -> dict[str, Any]:
    """im.user.get."""
    user = call.world.users.get(call.number("ID", call.user.id))
    if user is None:
        raise RestFault("USER_NOT_EXISTS", "User doesn't exist")
    return cards.user_card(user)


METHODS = {
    "user.get": Method("", get),
    "user.current": Method("", current),
    "user.admin": Method("", is_admin),
    "im.user.list.get": Method("im", im_list),
    "im.user.get": Method("im", im_get),
}
