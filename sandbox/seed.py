"""The worlds that a portal can start with."""

from sandbox.seed_centre import contact_centre, many
from sandbox.seed_facts import facts
from sandbox.seed_oddities import oddities
from sandbox.seed_people import empty
from sandbox.world import World

SEEDS = ("contact_centre", "facts", "oddities", "empty", "many")


def make(name: str, dialogs: int = 200) -> World:
    """A fresh world; `dialogs` counts for `many` only."""
    if name == "many":
        return many(dialogs)
    makers = {"contact_centre": contact_centre, "facts": facts, "oddities": oddities, "empty": empty}
    return makers[name]()
