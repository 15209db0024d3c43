"""Keys of what the desk keeps in the cache. The rule: each begins with its kind and its portal.

So all that is kept of a portal can be found when it has to be forgotten.
"""

from typing import Literal, get_args

from app.storage.cache import Cache

Kind = Literal["list", "news", "lines", "nolines", "pages", "fallback"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def cache_key(kind: Kind, member_id: str, *parts: int) -> str:
    """The key of a portal's value, or of an operator's where `parts` say of whose."""
    return f"{kind}:{member_id}:{':'.join(map(str, parts))}"


def forget_portal(cache: Cache, member_id: str) -> None:
    """Take all that is kept of a portal out of the cache. Raises SharedStoreDown."""
    for kind in KINDS:
        cache.delete_prefix(cache_key(kind, member_id))
