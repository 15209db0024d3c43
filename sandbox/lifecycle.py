"""The application's life in a portal: added, installed, updated, removed."""

from typing import Any

from sandbox import deliver
from sandbox.portal import AppRow, Portal
from sandbox.world import User


def finish_install(portal: Portal, user: User) -> None:
    """setInstallFinish: INSTALLED=Y, then ONAPPINSTALL to the handlers that were bound meanwhile."""
    with portal.lock:
        portal.app.added = portal.app.installed = True
        data = {"VERSION": portal.app.version, "ACTIVE": "Y", "INSTALLED": "Y", "LANGUAGE_ID": "en"}
    deliver.fire(portal, "ONAPPINSTALL", data, user.id)


def uninstall(portal: Portal, *, clean: bool) -> None:
    """ONAPPUNINSTALL without tokens, then handlers, placements and tokens are gone.

    A local app that is added again is another row of the portal and has another application token; an app of
    the market gets its row back (page app-uninstallation). Assumed: the keys stay, the sandbox has one pair.
    """
    deliver.fire(portal, "ONAPPUNINSTALL", {"LANGUAGE_ID": "en", "CLEAN": "1" if clean else "0"}, None)
    with portal.lock:
        kept = portal.app
        number = kept.token_number + (portal.switches["status"] == "L")
        portal.app = AppRow(version=kept.version, token_number=number)
        if not clean:
            portal.app.options = kept.options
        portal.tokens.kill(portal.number)


def bump_version(portal: Portal, user: User) -> dict[str, Any]:
    """A newer version is installed over this one: the installer page comes again.

    ONAPPUPDATE is documented (page events/on-app-update), but only an old helper of the portal sends it.
    Whether bindings survive is said both ways (page events/event-bind), so both can be switched.
    """
    with portal.lock:
        before = portal.app.version
        portal.app.version += 1
        portal.app.first_run_seen.clear()
    data = {"VERSION": before + 1, "PREVIOUS_VERSION": before, "LANGUAGE_ID": "en"}
    if portal.switches["update_event"] == "docs":
        deliver.fire(portal, "ONAPPUPDATE", data, user.id)
    with portal.lock:
        portal.app.installed = False
        if portal.switches["update_bindings"] == "drop":
            portal.app.handlers, portal.app.placements = [], []
    return {"version": before + 1}
