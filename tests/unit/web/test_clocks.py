"""Session tokens among machines whose clocks differ by up to a minute, and no further."""

from datetime import UTC, datetime

import pytest
from itsdangerous import URLSafeTimedSerializer

from app.web.session import SKEW_SECONDS, TOKEN_SECONDS, Signer


class Elsewhere(Signer):
    """A signer on a machine whose clock is `ahead` seconds ahead."""

    def at(self, monkeypatch: pytest.MonkeyPatch, ahead: float) -> str:
        signer = URLSafeTimedSerializer.default_signer
        with monkeypatch.context() as patch:
            patch.setattr(signer, "get_timestamp", lambda _: int(datetime.now(UTC).timestamp() + ahead))
            return self.sign("sid", "member", 27)


@pytest.mark.parametrize(
    ("ahead", "accepted"),
    [
        (0, True),
        (SKEW_SECONDS - 5, True),
        (-55, True),
        (SKEW_SECONDS + 5, False),
        (-TOKEN_SECONDS - 5, False),
    ],
)
def test_tokens_are_read_within_a_minute_of_skew(
    ahead: float, accepted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = Elsewhere("a secret that is long enough", "header")
    token = signer.at(monkeypatch, ahead)
    assert (signer.read(token, TOKEN_SECONDS) is not None) is accepted
    assert signer.read(token[:-2] + "xx", TOKEN_SECONDS) is None
