"""Which pictures there are: every state once, those that change with width, theme or language more often."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.states.every import STATES

WIDTHS = (700, 1000, 1400)
USUAL = 1000


def _named(names: str) -> frozenset[str]:
    """States by name; raises ValueError for one that does not exist."""
    found = frozenset(names.split())
    if unknown := sorted(found - STATES.keys()):
        raise ValueError(f"no such state: {', '.join(unknown)}")
    return found


def _wide() -> frozenset[str]:
    """Taken at all widths; the others only where the list is as narrow as beside a panel."""
    return _named(
        "desk top panel selection filters silent silent-view partly-failed unpin-all shift journal settings"
    )


def _dark() -> frozenset[str]:
    """Taken in dark as well."""
    return _named(
        "desk panel selection filters silent silent-view refused not-confirmed unpin-all silence-several "
        "running partly-failed empty busy stale offline palette keys journal shift shift-asks my-desk "
        "settings practice news page-menu toast card-silent installed sign-in signing-out"
    )


def _forced() -> frozenset[str]:
    """Taken in forced colours as well."""
    return _named("desk selection silent-view filters shift settings practice card-silent")


def _narrow() -> frozenset[str]:
    """Taken at 320 as well: a window that is enlarged four times."""
    return _named("desk panel selection shift")


SPOKEN = (("desk", 1400, "ru"), ("desk", 1000, "ar"), ("panel", 1400, "ar"), ("desk", 700, "de"))


@dataclass(frozen=True, slots=True)
class Shot:
    """One visit; each theme gives a picture."""

    state: str
    width: int
    themes: tuple[str, ...] = ("light",)
    lang: str = "en"

    def file(self, theme: str) -> str:
        """The picture's name."""
        marks = [theme] * (theme != "light") + [self.lang] * (self.lang != "en")
        return "-".join([self.state, str(self.width), *marks]) + ".png"


def shots() -> Iterator[Shot]:
    """All visits."""
    wide, dark, forced, narrow = _wide(), _dark(), _forced(), _narrow()
    for state in STATES:
        for width in WIDTHS if state in wide else (USUAL,):
            in_dark = state in dark and (width == WIDTHS[-1] or state not in wide)
            in_forced = state in forced and width == USUAL
            yield Shot(state, width, ("light", *["dark"] * in_dark, *["forced"] * in_forced))
        if state in narrow:
            yield Shot(state, 320)
    for state, width, lang in SPOKEN:
        yield Shot(state, width, lang=lang)
