"""How old a list may be for what is decided by it. The rule: what is not in a list needs a younger one."""

TRUSTED_SECONDS = 60.0
"""How old a list may be to decide what a write is sent to."""

MISSING_SECONDS = 3.0
"""How old a list may be to say that a dialog is not in it."""
