"""Plain data of documents, as JSON holds it: written, read strictly (ValueError), or read as far as it goes.

What lies on a disk may be of another release, or of anybody; a text that is read is bounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

Document = Mapping[str, object]
LONGEST_TEXT = 4_000
"""Characters of one text that are read."""


def stamp(moment: datetime | None) -> str | None:
    """A time as it is written; None where there is none."""
    return moment.isoformat() if moment is not None else None


# --- strictly -------------------------------------------------------------------------------------------------------


def text_of(document: Document, key: str, longest: int = LONGEST_TEXT) -> str:
    """A text; raises ValueError."""
    value = document.get(key)
    if not isinstance(value, str):
        raise ValueError(f"{key}: expected a text")  # noqa: TRY004 - a document of the wrong form is a wrong value
    return value[:longest]


# --- as far as it goes ----------------------------------------------------------------------------------------------


def as_mapping(value: object) -> Document:
    """The value if it is a mapping, else an empty one: objects of the API are read, never trusted."""
    return value if isinstance(value, Mapping) else {}


def items(value: object) -> list[object]:
    """The entries of a list; none of anything else."""
    return value if isinstance(value, list) else []


def mappings(value: object) -> list[Document]:
    """The entries of a list as mappings, empty where one is none."""
    return [as_mapping(item) for item in items(value)]


def moment(value: object) -> datetime | None:
    """A time with its zone; None when it is none."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
