"""The table of REST methods. A method that is not here does not exist: ERROR_METHOD_NOT_FOUND."""

from sandbox.methods import (
    application,
    chats,
    events,
    lines,
    messages,
    modes,
    operators,
    placements,
    recent,
    sessions,
    users,
)
from sandbox.methods.call import Method

METHODS: dict[str, Method] = {
    name.lower(): method
    for table in (
        application.METHODS,
        events.METHODS,
        placements.METHODS,
        recent.METHODS,
        messages.METHODS,
        chats.METHODS,
        sessions.METHODS,
        modes.METHODS,
        operators.METHODS,
        lines.METHODS,
        users.METHODS,
    )
    for name, method in table.items()
}
application.TABLE.update(METHODS)
