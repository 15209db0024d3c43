"""The wire to Bitrix24: REST, batch, OAuth and the shapes of what a portal posts to us.

The only room that may open a connection to a portal. It imports nothing of the app but itself.
"""
