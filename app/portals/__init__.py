"""Who installed the app and whose token is held: proof, installations, tokens, lifecycle."""
