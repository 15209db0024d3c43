"""A believed value is asked for again once it is dropped or too old."""

from app.storage.believed import Believed


def test_a_believed_value_is_asked_for_again() -> None:
    asked: list[int] = []

    def ask() -> int:
        asked.append(1)
        return len(asked)

    kept: Believed[str, int] = Believed(60, limit=2)
    assert [kept.get("a", ask), kept.get("a", ask)] == [1, 1]
    kept.drop("a")
    assert kept.get("a", ask) == 2
    kept.clear()
    assert kept.get("a", ask) == 3
    gone: Believed[str, int] = Believed(-1)
    assert [gone.get("a", ask), gone.get("a", ask)] == [4, 5]
