"""The two marks of which every route carries one; the guard acts on them."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from flask import Flask

P = ParamSpec("P")
R = TypeVar("R")
MARK = "access_mark"


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a route that needs no operator: it shows no data, or proves the request by itself."""
    setattr(view, MARK, "public")
    return view


def operator_required(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a route of the desk: `operator()` is there, or the answer is 401."""
    setattr(view, MARK, "operator")
    return view


def unmarked(app: Flask) -> list[str]:
    """Endpoints that carry no mark."""
    return sorted(name for name, view in app.view_functions.items() if not hasattr(view, MARK))
