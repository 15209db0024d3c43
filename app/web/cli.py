"""Commands: `flask db upgrade` for a release, the others for the person who runs the service.

`flask housekeeping` and `flask purge` do by hand what runs by itself; `flask keys rotate` seals every secret
under the newest of TOKEN_KEYS; `flask portal delete` removes all that is kept of one portal.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import click
from flask import Flask
from flask.cli import AppGroup

from app.storage.shared import SharedStoreDown

_GONE = """Everything that was stored of the portal is gone. What goes with time: the log of requests, which
names the portal; without Redis, lists in the memory of a running process (half an hour, or its restart)."""


@dataclass(frozen=True, slots=True)
class Commands:
    """What the commands do. `reseal` returns how many moved, `delete` whether it was known.

    `housekeeping` does the named jobs, or all; it returns what each gave, None when another process is at it.
    """

    upgrade: Callable[[], object]
    housekeeping: Callable[..., Mapping[str, object] | None]
    reseal: Callable[[], int]
    delete: Callable[[str], bool]


def register_commands(app: Flask, commands: Commands) -> None:
    """Add the commands to `flask`."""
    db = AppGroup("db", help="The database.")
    keys = AppGroup("keys", help="The keys that stored tokens are sealed under.")
    portal = AppGroup("portal", help="One portal.")

    @db.command("upgrade", help="Bring the database to today's schema.")
    def upgrade() -> None:
        commands.upgrade()
        click.echo("The database is up to date.")

    @keys.command("rotate", help="Seal every secret under the first key of TOKEN_KEYS; the app goes on.")
    def rotate() -> None:
        moved = commands.reseal()
        while left := commands.reseal():
            moved += left
        click.echo(f"{moved} secrets are sealed under the newest key now; older keys may go from TOKEN_KEYS.")

    @portal.command("delete", help="Remove everything that is kept of the portal with this member_id.")
    @click.argument("member_id")
    @click.confirmation_option(prompt="Everything that is kept of this portal will be gone. Go on?")
    def delete(member_id: str) -> None:
        click.echo("Requests that are under way are waited for: up to a quarter of a minute.")
        try:
            known = commands.delete(member_id)
        except SharedStoreDown:
            raise click.ClickException("Redis does not answer: not everything is gone, try again.") from None
        click.echo(_GONE if known else "No such portal is known.")

    @app.cli.command("housekeeping", help="Purge what is over and work through waiting events, once.")
    def housekeeping() -> None:
        _told(commands.housekeeping())

    @app.cli.command("purge", help="Purge expired rows, old entries and old REST logs, once.")
    def purge() -> None:
        _told(commands.housekeeping("desk", "rows", "calls"))

    for group in (db, keys, portal):
        app.cli.add_command(group)


def _told(done: Mapping[str, object] | None) -> None:
    if done is None:
        raise click.ClickException("another process is at it, nothing was done: try again in a minute.")
    click.echo(str(done))
