"""What an operator does at the desk. The rule: rooms and files here import only those below them.

From the top: service, opening, actions, kept, listing, checks, model, threads.
"""
