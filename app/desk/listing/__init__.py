"""Which dialogs an operator has: asking the portal, what was known before, and what left the list."""
