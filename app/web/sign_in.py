"""Signing in without the portal opening the app: by a code outside the frame, by fresh tokens inside it."""

from app.portals.model import NotInstalledHere, Operator, Proof, TokenPair
from app.portals.sign_in import sign_in
from app.web.services import services


def keep_pair(proof: Proof, pair: TokenPair, *, first_language: str = "en") -> Operator:
    """Sign a proved person in where the app is installed (see `sign_in`). Raises `NotInstalledHere`."""
    portals = services().portals
    installation = portals.installations.note_open(proof)
    if installation is None:
        raise NotInstalledHere(proof.member_id)
    return sign_in(portals.operators, installation, proof, pair, first_language=first_language)
