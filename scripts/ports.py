"""Ports are free before anything starts: one sentence names the taken one and how to choose another."""

from collections.abc import Iterable

from scripts.processes import StartFailed, is_taken


def check_free(command: str, parts: Iterable[tuple[str, str, int]]) -> None:
    """Raise StartFailed at the first taken port of (part, variable of `make`, port); 0 is always free."""
    for part, variable, port in parts:
        if is_taken(port):
            raise StartFailed(
                f"Port {port} of the {part} is taken: stop what listens there, "
                f"or choose another one, for example `{command} {variable}={port + 100}`."
            )
