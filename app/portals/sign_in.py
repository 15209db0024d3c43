"""Signing a person in. The rule: a proof says who it is; tokens are kept only where the app is installed."""

from dataclasses import replace

from app.portals.model import (
    Installation,
    NotInstalledHere,
    Operator,
    OperatorKey,
    OperatorRow,
    Proof,
    TokenPair,
)
from app.portals.profile import Profile
from app.portals.stores.operators import OperatorStore


def sign_in(
    operators: OperatorStore,
    installation: Installation,
    proof: Proof,
    pair: TokenPair,
    profile: Profile | None = None,
    *,
    language: str | None = None,
    first_language: str = "en",
) -> Operator:
    """Keep the pair of a proved person; returns the operator that they are now.

    `profile` and `language` are what the portal says of the person now; None keeps what is known, and
    `first_language` holds while nothing is. Raises `NotInstalledHere` when the app was uninstalled
    meanwhile: then nothing is kept.
    """
    key = OperatorKey(proof.member_id, proof.user_id)
    known = operators.find(key)
    name = profile.name or None if profile else None
    is_admin = profile.is_admin if profile else None
    spoken = first_language if language is None and known is None else language
    if not operators.save(proof, pair, name, is_admin, spoken):
        raise NotInstalledHere(key.member_id)
    person = known or OperatorRow(key, "", False, first_language, needs_reopen=False)
    operator = Operator.of(installation, person)
    return introduced(operator if spoken is None else replace(operator, language=spoken), profile)


def introduced(operator: Operator, profile: Profile | None) -> Operator:
    """The operator with the name and the rights that the portal tells."""
    if profile is None:
        return operator
    return replace(operator, name=profile.name or operator.name, is_admin=profile.is_admin)
