"""When a question that failed is asked again: the rule, for the sync and the async models alike.

It decides and never sleeps. Knows no provider: a ModelError says whether it may pass, and how long
the server wants to be left alone.
"""

from __future__ import annotations

from datetime import UTC
from time import monotonic

from looplet.types import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from looplet.models.errors import ModelError

JITTER = 0.25
"""So much more or less than its share does each wait last, or all clients would come back at once.
Small enough that every wait is longer than the one before it."""


class RetryPolicy(Record):
    """
    max_retries: how often one question is asked again; 0 for never.
    first_delay_s: how long the first wait is; each is twice as long as the one before.
    longest_delay_s: no wait of our own choice is longer. What a server asks for may be.
    max_total_s: no retry starts later than so long after the question was first asked. A server
        that asks for more than what is left of it is not waited for.
    """

    __slots__ = ("first_delay_s", "longest_delay_s", "max_retries", "max_total_s")

    def __init__(
        self,
        max_retries: int = 4,
        *,
        first_delay_s: float = 0.5,
        longest_delay_s: float = 30.0,
        max_total_s: float = 600.0,
    ) -> None:
        if type(max_retries) is not int or max_retries < 0:
            raise ValueError(f"max_retries is a whole number from 0 up, not {max_retries!r}")
        self.max_retries = max_retries
        self.first_delay_s = _seconds("first_delay_s", first_delay_s)
        self.longest_delay_s = _seconds("longest_delay_s", longest_delay_s)
        self.max_total_s = _seconds("max_total_s", max_total_s)


class Tries:
    """The tries of one question. `made` counts those that failed."""

    def __init__(self, policy: RetryPolicy, clock: Callable[[], float] = monotonic) -> None:
        self._policy = policy
        self._clock = clock
        self._start = clock()
        self.made = 0

    def delay_after(self, failure: ModelError) -> float | None:
        """How many seconds to wait before the next try; None if there is to be none.

        A failure that is the end after several tries says how many there were.
        """
        self.made += 1
        policy = self._policy
        if not failure.may_pass:
            return None
        doubled: int = 2 ** min(self.made - 1, 30)
        own = min(policy.first_delay_s * doubled, policy.longest_delay_s)
        delay = own * (1 + JITTER * _random(-1))
        asked = failure.retry_after
        if asked is not None:
            # Never earlier than asked; a little later, so that not all come back together.
            delay = max(delay, asked * (1 + JITTER / 5 * _random(0)))
        left = policy.max_total_s - (self._clock() - self._start)
        if asked is not None and asked > left and self.made <= policy.max_retries:
            failure.args = (f"{failure}; the server asks to wait {asked:.12g} seconds",)
            return None
        if self.made > policy.max_retries or delay > left:
            if self.made > 1:
                failure.args = (f"{failure}; asked {self.made} times",)
            return None
        return delay


def asked_delay(headers: Mapping[str, str]) -> float | None:
    """The seconds that a response's headers ask to wait; None if they don't, or make no sense."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value) * unit
        except ValueError:
            found = None if unit != 1.0 else _until(value, headers.get("date"))
            if found is None:
                continue
            seconds = found
        if 0 <= seconds < float("inf"):
            return seconds
    return None


def _until(moment: str, now: str | None) -> float | None:
    """Seconds until an HTTP date, by the server's own clock where it tells it."""
    from datetime import datetime
    from email.utils import parsedate_to_datetime

    try:
        until = parsedate_to_datetime(moment)
        here = parsedate_to_datetime(now) if now else datetime.now(UTC)
        return max(0.0, (until - here).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None


def _seconds(name: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
        raise ValueError(f"{name} is a number of seconds from 0 up, not {value!r}")
    return float(value)


def _random(least: float) -> float:
    from random import uniform

    return uniform(least, 1)


__all__ = ["RetryPolicy", "Tries", "asked_delay"]
