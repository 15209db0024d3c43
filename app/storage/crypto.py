"""Encryption of stored secrets. The rule: a ciphertext opens only in the row and column it was sealed for.

AES-256-GCM; the place (table, member_id, user_id, column) is associated data, so a blob that is copied
into another row does not open. A blob names its key, so keys are changed without a pause: the newest
seals, all of them open.
"""

import json
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MIN_KEY_LENGTH = 16
"""Characters. `python -c "import secrets; print(secrets.token_urlsafe(32))"` makes a good key."""

_VERSION = b"\x01"
_ID_BYTES = 4
_NONCE_BYTES = 12
_HEAD = len(_VERSION) + _ID_BYTES


class Unreadable(ValueError):
    """The blob is damaged, belongs to another row, or its key is gone. Says nothing of its content."""


class Cipher:
    """Seals and opens short texts. `keys` are texts of at least `MIN_KEY_LENGTH` characters, newest first."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys or any(len(key) < MIN_KEY_LENGTH for key in keys):
            raise ValueError(f"encryption keys need at least {MIN_KEY_LENGTH} characters each")
        derived = [_derive(key) for key in keys]
        self._newest = derived[0][0]
        self._keys = dict(derived)

    def __repr__(self) -> str:
        return f"Cipher({len(self._keys)} keys)"

    def seal(self, text: str, *where: str | int) -> bytes:
        """Encrypt `text` for the place `where` under the newest key."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._keys[self._newest].encrypt(nonce, text.encode(), _place(where))
        return self.head + nonce + sealed

    def open(self, blob: bytes, *where: str | int) -> str:
        """Decrypt a blob that was sealed for the same place; raises `Unreadable`."""
        key = self._keys.get(blob[1:_HEAD]) if blob[:1] == _VERSION else None
        if key is None:
            raise Unreadable("no key for this blob")
        nonce, sealed = blob[_HEAD : _HEAD + _NONCE_BYTES], blob[_HEAD + _NONCE_BYTES :]
        try:
            return key.decrypt(nonce, sealed, _place(where)).decode()
        except (InvalidTag, ValueError):
            raise Unreadable("damaged, or of another row") from None

    @property
    def head(self) -> bytes:
        """How every blob under the newest key begins."""
        return _VERSION + self._newest


def _derive(key: str) -> tuple[bytes, AESGCM]:
    """The id and the AES key that follow from one configured text."""
    raw = HKDF(SHA256(), 32 + _ID_BYTES, salt=None, info=b"pinline stored tokens").derive(key.encode())
    return raw[32:], AESGCM(raw[:32])


def _place(where: tuple[str | int, ...]) -> bytes:
    """An unambiguous text of the place: no choice of parts may read like another one."""
    return json.dumps([str(part) for part in where]).encode()
