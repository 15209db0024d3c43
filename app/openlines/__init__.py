"""What open channels are: dialogs read from listing rows, the registry of actions, their outcomes."""
