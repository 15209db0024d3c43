"""A pretend Bitrix24: portals, an authorization server and a control API. It shares no code with the app."""
