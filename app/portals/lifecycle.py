"""Installing and uninstalling. The rule: every step may be repeated, storing comes after the answer.

The installer is shown again after each update of the app and for each administrator (page "Completing the
installation"), so it always ends in the same state.
"""

import logging
from collections.abc import Callable, Sequence

from sqlalchemy.exc import SQLAlchemyError

from app.bitrix24.batch import BatchAnswer, Command
from app.bitrix24.client import RestClient
from app.bitrix24.params import EventParams, OpenParams
from app.portals.bindings import changes, reads, standing, wanted
from app.portals.model import Access, InstallReport, Proof, TokenPair
from app.portals.profile import PROFILE, profile_in
from app.portals.sign_in import sign_in
from app.portals.stores.portal_stores import PortalStores
from app.storage.shared import SharedStoreDown

_LOG = logging.getLogger(__name__)


class Lifecycle:
    """`app_url` is our public base URL; `forget` are told the member_id after an uninstallation."""

    def __init__(
        self,
        portals: PortalStores,
        client: RestClient,
        app_url: str,
        forget: Sequence[Callable[[str], object]] = (),
    ) -> None:
        self._portals = portals
        self._client = client
        self._app_url = app_url.rstrip("/")
        self._forget = tuple(forget)

    def install(self, proof: Proof, pair: TokenPair, params: OpenParams) -> InstallReport:
        """Store the installation and bind what is missing: two requests, one where nothing is missing.

        Only an administrator brings the application token, and changes who installed it where the app is
        installed already; else the token comes with a proved event. A refused placement does not stop the
        installation, it is reported.
        Raises BitrixError when the portal cannot be asked; then the installer is simply opened again;
        `NotInstalledHere` when an uninstallation came between.
        """
        access = Access(proof.client_endpoint, pair.access_token)
        before = self._ask(access, proof, [PROFILE, *reads()])
        profile = profile_in(before, proof.user_id)
        is_admin = profile is not None and profile.is_admin
        installation = None if is_admin else self._portals.installations.note_open(proof)
        if installation is None:
            token = params.application_token if is_admin else None
            installation = self._portals.installations.save(
                proof, token, replace_token=is_admin, at=before.at
            )
        operator = sign_in(
            self._portals.operators, installation, proof, pair, profile, language=params.language
        )
        bound, refused = self._bind(access, proof, before)
        return InstallReport(installation, operator, bound, refused)

    def adopt(self, proof: Proof, access_token: str, event: EventParams) -> bool:
        """Take over the application token of a proved event, if an administrator's access token came with it.

        Any employee holds a token that proves the portal, so the proof alone does not do. Raises BitrixError.
        """
        answer = self._ask(Access(proof.client_endpoint, access_token), proof, [PROFILE])
        profile = profile_in(answer, proof.user_id)
        if profile is None or not profile.is_admin:
            return False
        return self._portals.application_tokens.adopt(proof, event.application_token)

    def uninstall(self, event: EventParams) -> None:
        """End the installation; with `CLEAN` everything that we know of the portal goes.

        Events may come late, with the same token as ever: one from before the latest installation ends
        nothing, since the portal would never show the installer again.
        """
        if not self._portals.installations.uninstall(event.member_id, event.data.get("CLEAN") == "1", event):
            _LOG.info("not uninstalled: done before, or newer", extra={"member_id": event.member_id})
            return
        for forget in self._forget:
            try:
                forget(event.member_id)
            except (SharedStoreDown, SQLAlchemyError) as down:
                # The generation has grown: what is left there opens nothing. To be told once more would not
                # help: this delivery has ended the installation already.
                _LOG.warning("not forgotten: %s", type(down).__name__, extra={"member_id": event.member_id})
        _LOG.info("uninstalled", extra={"member_id": event.member_id})

    def _bind(
        self, access: Access, proof: Proof, before: BatchAnswer
    ) -> tuple[tuple[str, ...], dict[str, str]]:
        goal, found = wanted(self._app_url), standing(before)
        errors = {"event": before.errors.get("EVENTS"), "placement": before.errors.get("PLACEMENTS")}
        codes = {kind: error.code for kind, error in errors.items() if error}
        reasons: dict[str, str] = {}
        steps = changes(self._app_url, found)
        if steps:
            commands = [command for _, command in steps.values()]
            after = self._ask(access, proof, [*commands, *reads()])
            found = standing(after)
            reasons = {steps[key][0].label: error.code for key, error in after.errors.items() if key in steps}
        bound = tuple(binding.label for binding in goal if binding in found)
        missing = [binding for binding in goal if binding not in found]
        refused = {each.label: reasons.get(each.label, codes.get(each.kind, "")) for each in missing}
        if refused:
            _LOG.warning("not bound: %s", ", ".join(refused), extra={"member_id": proof.member_id})
        return bound, refused

    def _ask(self, access: Access, proof: Proof, commands: list[Command]) -> BatchAnswer:
        return self._client.batch(access, proof.member_id, commands, user_id=proof.user_id)
