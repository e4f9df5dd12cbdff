"""Moments as text, `2027-01-31T00:00:00Z`: in UTC, to the second, sorted as texts are."""

from __future__ import annotations

import re
import time
from typing import Any, Final

from looplet.compiler.signing.errors import SigningError

_FORM: Final = "%Y-%m-%dT%H:%M:%SZ"
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def now() -> str:
    return time.strftime(_FORM, time.gmtime())


def moment(text: Any) -> str:
    """`text` as a moment; a date alone is its first second, in UTC. Raises SigningError."""
    whole = f"{text}T00:00:00Z" if isinstance(text, str) and _DAY.fullmatch(text) else text
    if not is_moment(whole):
        raise SigningError(f"{text!r:.40} is no date; write 2027-01-31, or 2027-01-31T18:00:00Z")
    return str(whole)


def is_moment(text: Any) -> bool:
    """Whether it is one, and of a day that there is."""
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        return False
    from datetime import datetime

    try:
        datetime.strptime(text, _FORM)
    except ValueError:
        return False
    return True


__all__ = ["is_moment", "moment", "now"]
