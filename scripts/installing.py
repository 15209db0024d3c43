"""Installs the app in the sandbox portal as an administrator does: the installer, then the finish."""

import requests

from scripts.processes import StartFailed

_ADMINISTRATOR = 1
_SECONDS = 30


def install(portal_url: str) -> None:
    """Raises StartFailed when the installer does not answer with its page."""
    opening = requests.get(
        f"{portal_url}/_sandbox/open",
        params={"user_id": _ADMINISTRATOR, "page": "install"},
        timeout=_SECONDS,
    ).json()
    page = requests.post(
        opening["action"], data=opening["fields"], headers={"Origin": portal_url}, timeout=_SECONDS
    )
    if page.status_code != 200:
        raise StartFailed(f"The installer answered {page.status_code}, so the app is not in the portal.")
    requests.post(f"{portal_url}/_sandbox/install", json={}, timeout=_SECONDS).raise_for_status()
