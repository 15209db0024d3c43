"""What a click does: sending it once, reading back what came of it, taking it back."""
