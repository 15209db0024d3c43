"""What this room itself refuses; everything else that can go wrong has its class in a lower room."""


class WebFailure(Exception):
    """A refusal with the code of the answer; `reason` is for the log only."""

    status = 400
    code = "invalid_request"

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason or self.code)
        self.reason = reason


class SessionExpired(WebFailure):
    """No valid browser session; the page gets fresh tokens from its portal and goes on."""

    status = 401
    code = "session_expired"


class Forbidden(WebFailure):
    """Understood and refused."""

    status = 403
    code = "forbidden"


class InvalidRequest(WebFailure):
    """Missing, duplicated, oversized or of the wrong type."""

    status = 422
    code = "invalid_request"


class Unproved(WebFailure):
    """An opening or a callback that does not fit together; its page says so and shows nothing."""

    status = 403
    code = "not_proved"
