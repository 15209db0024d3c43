"""Everything that can go wrong on the wire, as one tree; `classify` is the only place that reads REST codes.

BitrixError
├─ TransportError            no usable answer came
│  ├─ NotSent                the connection never stood: repeating is safe
│  │  └─ AddressRefused      the host is not one that we may connect to
│  ├─ Stale                  a kept connection was closed meanwhile: raised only where repeating is safe
│  ├─ TimedOut               no answer in time: the request may have been carried out
│  └─ BadAnswer              something answered, but not a REST answer (HTML, cut off, too large, redirect)
├─ PortalBusy                our own governor asks to wait (retry_after); nothing was sent
├─ RestError                 the portal said no (code, status)
│  ├─ ExpiredToken           a fresh token may help
│  ├─ AccessDenied           rights of the person, or the plan of the portal
│  ├─ NotInstalled           the app is gone from this portal
│  ├─ RateLimited            refused before execution (retry_after)
│  ├─ OperationTimeLimit     one method is parked (retry_after)
│  └─ MethodNotFound         module, scope or version lacks it
└─ OAuthError                the authorization server said no (code)
   ├─ InvalidGrant           code or refresh token is dead: the person opens the app again
   └─ PaymentRequired        subscription ended: keep the data, pause
"""


class BitrixError(Exception):
    """Base of the tree. Its text never holds a token, a URL or a payload: it is safe to log."""


class TransportError(BitrixError):
    """No usable answer came from the other side."""


class NotSent(TransportError):
    """The request cannot have been carried out; repeating it is safe."""


class AddressRefused(NotSent):
    """The URL or the addresses behind its host are not public https; no connection was tried."""


class Stale(TransportError):
    """A kept connection was closed before an answer began; the request is a read, or nothing of it left."""


class TimedOut(TransportError):
    """No answer within the limit; the request may have been carried out."""


class BadAnswer(TransportError):
    """An answer that is not REST: HTML, truncated, oversized, a redirect, a wrong type."""


class PortalBusy(BitrixError):
    """The portal's budget is spent; nothing was sent. `retry_after` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"portal budget spent, retry in {retry_after:.1f} s")
        self.retry_after = retry_after


class RestError(BitrixError):
    """The portal refused. `code` may be empty: some methods fail without a code."""

    def __init__(self, code: str, status: int = 400, retry_after: float | None = None) -> None:
        super().__init__(f"portal refused: {code or 'no code'} ({status})")
        self.code = code
        self.status = status
        self.retry_after = retry_after


class ExpiredToken(RestError):
    """The access token is not accepted any more; one refresh may help."""


class AccessDenied(RestError):
    """The person may not do this, or the portal's plan does not allow it."""


class NotInstalled(RestError):
    """The app is not installed on this portal any more."""


class RateLimited(RestError):
    """Refused before execution because of the portal's request rate."""


class OperationTimeLimit(RestError):
    """One method has used up its running time; other methods go on."""


class MethodNotFound(RestError):
    """This portal does not know the method, or the scope is missing."""


class OAuthError(BitrixError):
    """The authorization server refused; `code` is its error code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"authorization server refused: {code}")
        self.code = code


class InvalidGrant(OAuthError):
    """The code or refresh token is invalid or spent."""


class PaymentRequired(OAuthError):
    """The portal's subscription or trial has ended."""


_BY_CODE: dict[str, type[RestError]] = {
    "expired_token": ExpiredToken,
    "no_auth_found": ExpiredToken,
    "invalid_token": ExpiredToken,
    "access_denied": AccessDenied,
    "access_error": AccessDenied,
    "insufficient_scope": AccessDenied,
    "user_access_error": AccessDenied,
    "authorization_error": AccessDenied,
    "invalid_credentials": AccessDenied,
    "allowed_only_intranet_user": AccessDenied,
    "wrong_license": AccessDenied,
    "application_not_found": NotInstalled,
    "not_installed": NotInstalled,
    "error_oauth": NotInstalled,
    "portal_deleted": NotInstalled,
    "query_limit_exceeded": RateLimited,
    "operation_time_limit": OperationTimeLimit,
    "error_method_not_found": MethodNotFound,
}


def classify(code: str, status: int, retry_after: float | None = None) -> RestError:
    """Turn a REST error code into the error to raise; unknown codes stay `RestError` with their code.

    Codes are compared without regard to case and never by status: documentation and portals disagree
    on the status (pages "System errors" and "Error codes").
    """
    return _BY_CODE.get(code.lower(), RestError)(code, status, retry_after)
