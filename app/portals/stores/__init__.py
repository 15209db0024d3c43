"""What is kept of portals: installations, operators with their tokens, events that wait; and its upkeep."""
