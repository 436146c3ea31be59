"""What several checks say alike."""

from __future__ import annotations

from collections.abc import Iterable

from popest.language.words import Words


def percent_of_width(words: Words, share: float | None, of: str = "checks") -> str:
    """Return a share of the width of the study's interval in words.

    Parameters
    ----------
    words
        The language.
    share
        The share; None where the interval has no width.
    of
        Where the words for it are: those of one check, or those of all.
    """
    if share is None:
        return words(f"{of}.beyond_width")
    return words(f"{of}.of_width", share=words.percent(share))


def not_certified(words: Words, names: Iterable[str], between: str = ", ") -> str:
    """Return the sentence that names what is not certified; nothing where all is."""
    listed = words.joined(names, between)
    return words("checks.not_certified", names=listed) if listed else ""
