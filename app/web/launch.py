"""Being launched by a portal: the checks before and after the proof, for the two routes inside its frame."""

from flask import request

from app.bitrix24.params import OpenParams, parse_open
from app.portals.model import Proof
from app.web.failures import Unproved
from app.web.frame import origin_of
from app.web.language import speak
from app.web.routes import form_pairs, query_pairs


def opening_form() -> OpenParams:
    """What a portal's page posts to open the app or its installer, well formed and worth a proof.

    Settles the language of the answer. Raises BadParams and `Unproved`.
    """
    params = parse_open(query_pairs(), form_pairs())
    speak(params.language)
    refuse_odd_opener(params)
    return params


def refuse_odd_opener(params: OpenParams) -> None:
    """The page that posts must be the claimed portal's, which the proof then confirms.

    Stops another site from opening the app with its own valid keys in a person's browser. An Origin that is
    missing or `null` (privacy settings, some web views) says nothing; neither does an old browser. In a frame
    the policy of the answer names the portal then. A window of its own has no such guard, and any page can
    withhold its origin by a referrer policy: there the origin has to be told.
    """
    origin = request.headers.get("Origin", "null")
    if origin not in ("null", params.origin):
        raise Unproved("foreign_origin")
    shown = request.headers.get("Sec-Fetch-Dest", "iframe")
    if shown != "iframe" and (shown, origin) != ("document", params.origin):
        raise Unproved("foreign_destination")


def framing_portal(params: OpenParams, proof: Proof) -> str:
    """The proved portal's origin; the claimed scheme must be that of its REST address."""
    origin = origin_of(proof.client_endpoint)
    if origin != params.origin.lower():
        raise Unproved("other_scheme")
    return origin
