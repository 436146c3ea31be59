"""Names for other programs: lower-case Latin letters, digits and hyphens, whatever the script.

Two names of studies never become one: a name that cannot stay as it is gets a mark of its own.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

_SLUG = re.compile("[a-z0-9][a-z0-9._-]{0,63}")
LONGEST_WORDS = 48

# ruff: noqa: RUF001 - these letters are meant
_LETTERS = str.maketrans(
    "абвгдезийклмнопрстуфыэёєіјћўѓґđðøł",
    "abvgdeziyklmnoprstufyeoeijcwggddol",
    "ъь",
) | str.maketrans(
    {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya"}
    | {"ђ": "dj", "љ": "lj", "њ": "nj", "џ": "dz", "ѕ": "dz", "ќ": "kj", "ї": "yi"}
    | {"æ": "ae", "œ": "oe", "þ": "th"}
)


def slug(name: str) -> str:
    """Return a name of lower-case letters, digits, ``.``, ``_`` and ``-``, never empty.

    A name that has this form already stays. Any other is written in Latin letters, as far as they
    are known, with six digits of its SHA-256 behind it, so that no other name gives the same.
    """
    if _SLUG.fullmatch(name):
        return name
    composed = unicodedata.normalize("NFC", name)
    mark = sha256(composed.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    spelt = composed.casefold().translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", spelt).encode("ascii", "ignore").decode()
    words = re.sub("[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_WORDS].strip("-")
    return f"{words or 'study'}-{mark}"
