"""Which language this answer speaks: the session's, what the opening said, else the browser's."""

from dataclasses import replace

from flask import g, request, session

from app.portals.model import Operator
from app.web.i18n import Words, accepted
from app.web.services import services
from app.web.words import Wording


def speak(code: str | None) -> str:
    """Settle this request's language by a portal's LANG; returns the language that exists."""
    g.language = services().words.choose(code, *accepted(request.headers.get("Accept-Language", "")))
    return language()


def language() -> str:
    """The language of this answer."""
    if "language" not in g:
        known = not g.get("sessionless") and session  # its store may have failed: that is told here, too
        return speak(known.get("language") if known else request.args.get("LANG"))
    found: str = g.language
    return found


def say() -> Words:
    """`t(id, **values)` in the language of this answer."""
    return services().words.speaker(language())


def wording() -> Wording:
    """The words for outcomes and notices in the language of this answer."""
    return Wording(services().words, language())


def in_chosen_language(someone: Operator) -> Operator:
    """The operator with the language that was chosen here, where it is not the portal's own."""
    chosen = services().desk.settings.load(someone).effective["language"]
    return replace(someone, language=chosen) if chosen else someone
