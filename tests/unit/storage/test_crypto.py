"""Encryption: a blob opens only where it was sealed, with a key that is still known, undamaged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.storage.crypto import Cipher, Unreadable

OLD, NEW = "old-key-0123456789abcdef", "new-key-0123456789abcdef"
WHERE = ("operator_tokens", "m1", 27, "access_sealed")


@given(st.text())
def test_what_is_sealed_opens(text: str) -> None:
    cipher = Cipher([NEW])
    assert cipher.open(cipher.seal(text, *WHERE), *WHERE) == text


def test_the_text_is_not_in_the_blob_and_no_two_blobs_are_alike() -> None:
    cipher = Cipher([NEW])
    blobs = {cipher.seal("canary-secret", *WHERE) for _ in range(100)}
    assert len(blobs) == 100
    assert not any(b"canary" in blob for blob in blobs)


@pytest.mark.parametrize(
    "elsewhere",
    [
        ("operator_tokens", "m1", 28, "access_sealed"),
        ("operator_tokens", "m2", 27, "access_sealed"),
        ("operator_tokens", "m1", 27, "refresh_sealed"),
        ("operator_tokens", "m12", 7, "access_sealed"),
        ("operator_tokens", "m1|27", "access_sealed"),
        (),
    ],
)
def test_a_blob_of_another_place_does_not_open(elsewhere: tuple[str | int, ...]) -> None:
    cipher = Cipher([NEW])
    blob = cipher.seal("secret", *WHERE)
    with pytest.raises(Unreadable):
        cipher.open(blob, *elsewhere)
    assert cipher.open(blob, *WHERE) == "secret"


def test_every_damaged_byte_is_noticed() -> None:
    cipher = Cipher([NEW])
    blob = cipher.seal("secret", *WHERE)
    for at in range(len(blob)):
        with pytest.raises(Unreadable):
            cipher.open(blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :], *WHERE)


@given(st.binary(max_size=60))
def test_rubbish_does_not_open(blob: bytes) -> None:
    with pytest.raises(Unreadable):
        Cipher([NEW]).open(blob, *WHERE)


def test_keys_are_changed_without_a_pause() -> None:
    blob = Cipher([OLD]).seal("secret", *WHERE)
    both = Cipher([NEW, OLD])
    assert both.open(blob, *WHERE) == "secret"
    assert not blob.startswith(both.head)
    renewed = both.seal("secret", *WHERE)
    assert renewed.startswith(both.head)
    assert Cipher([NEW]).open(renewed, *WHERE) == "secret"
    with pytest.raises(Unreadable):
        Cipher([NEW]).open(blob, *WHERE)


@pytest.mark.parametrize("keys", [[], [""], ["short"], [NEW, "short"]])
def test_weak_keys_are_refused(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="at least 16"):
        Cipher(keys)


def test_neither_cipher_nor_error_shows_anything() -> None:
    cipher = Cipher([NEW])
    assert NEW not in repr(cipher)
    with pytest.raises(Unreadable) as caught:
        cipher.open(cipher.seal("canary-secret", *WHERE))
    assert "canary" not in f"{caught.value!r}{caught.value.__context__!r}"
