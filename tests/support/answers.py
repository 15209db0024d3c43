"""What the headers of an answer have to say, told as a list of what is wrong with it.

The rule: a page is framed by its proved portal or by nobody; one without any data by anyone, if it says so.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

NOBODY, ANYONE = "'none'", "*"
_FOREVER = "public, max-age=31536000, immutable"
_FIXED = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_PAGE = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
}
_DENIED = {"camera", "geolocation", "microphone", "payment", "usb"}
_SCRIPT = re.compile(r"<script\b[^>]*>")
_INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)


@dataclass(frozen=True)
class Seen:
    """One answer. `framer` is who may frame it, `kept` whether it is a file that browsers may keep."""

    what: str
    status: int
    headers: Mapping[str, str]
    text: str
    framer: str = NOBODY
    kept: bool = False

    @property
    def policy(self) -> dict[str, str]:
        """The Content-Security-Policy by directive."""
        parts = self.headers.get("Content-Security-Policy", "").split(";")
        return dict(part.strip().partition(" ")[::2] for part in parts)

    @property
    def is_page(self) -> bool:
        """Whether a browser would show it as a page; a 304 has no type and stands for data."""
        return self.headers.get("Content-Type", "").startswith("text/html")

    @property
    def nonce(self) -> str | None:
        """The nonce that the policy names."""
        found = re.search(r"'nonce-([A-Za-z0-9_-]{20,})'", self.policy.get("script-src", ""))
        return found[1] if found else None


def faults_of(seen: Seen, *, secure: bool = False) -> list[str]:
    """What is wrong with the headers of this answer; `secure`: it came from a public https address."""
    headers = seen.headers
    found = [name for name, value in _FIXED.items() if headers.get(name) != value]
    found += [name for name in headers if name.lower() == "x-frame-options" or _opens(name)]
    found += [] if seen.policy.get("frame-ancestors") == seen.framer else ["frame-ancestors"]
    found += [] if _is_cached_right(seen) else ["Cache-Control"]
    found += [] if not seen.text or _is_typed(headers.get("Content-Type", "")) else ["Content-Type"]
    found += _page_faults(seen) if seen.is_page else _data_faults(seen)
    if secure and headers.get("Strict-Transport-Security", "").partition(";")[0] != "max-age=31536000":
        found.append("Strict-Transport-Security")
    return [f"{seen.what} {seen.status}: {fault}" for fault in found]


def _is_typed(kind: str) -> bool:
    """Texts say their charset; JSON has only one, and pictures none."""
    return kind.endswith("charset=utf-8") if kind.startswith("text/") else "/" in kind


def _opens(name: str) -> bool:
    """Whether a header lets other sites read the answer."""
    return name.lower().startswith("access-control-")


def _is_cached_right(seen: Seen) -> bool:
    said = seen.headers.get("Cache-Control", "")
    return said in (_FOREVER, "no-cache") if seen.kept else "no-store" in said and "public" not in said


def _data_faults(seen: Seen) -> list[str]:
    """JSON, tables, files: nothing may run or load in them, whoever opens one by its address."""
    return [] if seen.policy.get("default-src") == NOBODY and "script-src" not in seen.policy else ["policy"]


def _page_faults(seen: Seen) -> list[str]:
    policy = seen.policy
    found = [name for name, value in _PAGE.items() if policy.get(name) != value]
    found += ["unsafe"] if "unsafe" in seen.headers.get("Content-Security-Policy", "") else []
    found += [] if policy.get("form-action", "").startswith("'self'") else ["form-action"]
    denied = {part.strip().removesuffix("=()") for part in _permissions(seen) if part.endswith("=()")}
    found += [] if denied >= _DENIED else ["Permissions-Policy"]
    marked = all(f'nonce="{seen.nonce}"' in tag for tag in _SCRIPT.findall(seen.text))
    found += [] if seen.nonce and marked else ["nonce"]
    return found + (["inline"] if _INLINE.search(_without_data(seen.text)) else [])


def _permissions(seen: Seen) -> list[str]:
    return [part.strip() for part in seen.headers.get("Permissions-Policy", "").split(",")]


def _without_data(text: str) -> str:
    """The markup without the data that the page starts from."""
    return re.sub(r'(<script type="application/json"[^>]*>).*?</script>', r"\1</script>", text, flags=re.S)
