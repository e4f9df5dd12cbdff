from email.utils import formatdate
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplet.models.errors import ModelError, ScriptError
from looplet.models.retry import RetryPolicy, Tries, asked_delay


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def failure(kind: Any = "server", **more: Any) -> ModelError:
    return ModelError(kind, "it failed", **more)


def test_each_wait_is_longer_than_the_one_before() -> None:
    for _ in range(200):
        tries = Tries(RetryPolicy(6))
        waits = [tries.delay_after(failure()) for _ in range(7)]
        assert waits.pop() is None
        assert all(a is not None and b is not None and a < b for a, b in pairwise(waits))
        assert 0.375 <= (waits[0] or 0) <= 0.625


def test_no_two_clients_wait_alike() -> None:
    assert len({Tries(RetryPolicy()).delay_after(failure()) for _ in range(20)}) > 10


def test_no_wait_of_our_own_is_longer_than_the_longest() -> None:
    tries = Tries(RetryPolicy(50, longest_delay_s=4, max_total_s=1e9))
    assert max(tries.delay_after(failure()) or 0 for _ in range(50)) <= 5


def test_the_end_says_how_often_it_was_asked() -> None:
    tries = Tries(RetryPolicy(2))
    assert tries.delay_after(failure()) and tries.delay_after(failure())
    last = failure()
    assert tries.delay_after(last) is None
    assert str(last) == "it failed; asked 3 times"
    once = failure()
    assert Tries(RetryPolicy(0)).delay_after(once) is None and str(once) == "it failed"


def test_what_cannot_pass_is_never_asked_again() -> None:
    for kind in ("bad_request", "unauthorized", "no_such_model", "too_long", "bad_answer"):
        assert Tries(RetryPolicy()).delay_after(failure(kind)) is None
    assert Tries(RetryPolicy()).delay_after(failure("rate_limited", may_pass=False)) is None
    assert Tries(RetryPolicy()).delay_after(failure("bad_request", may_pass=True)) is not None
    assert Tries(RetryPolicy()).delay_after(ScriptError("no reply left")) is None


def test_what_the_server_asks_for_is_waited_for_and_never_less() -> None:
    for _ in range(50):
        wait = Tries(RetryPolicy()).delay_after(failure(retry_after=20.0))
        assert wait is not None and 20 <= wait <= 21
        assert (Tries(RetryPolicy()).delay_after(failure(retry_after=0.0)) or 0) >= 0.375


def test_a_server_that_asks_for_too_much_is_not_waited_for() -> None:
    error = failure(retry_after=601.0)
    assert Tries(RetryPolicy()).delay_after(error) is None
    assert str(error) == "it failed; the server asks to wait 601 seconds"


def test_no_retry_starts_after_the_total() -> None:
    clock = Clock()
    tries = Tries(RetryPolicy(10, max_total_s=60), clock)
    assert tries.delay_after(failure("timeout")) is not None
    clock.now += 59.9
    error = failure("timeout")
    assert tries.delay_after(error) is None and "asked 2 times" in str(error)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_retries": -1},
        {"max_retries": 1.5},
        {"max_retries": True},
        {"first_delay_s": -1},
        {"first_delay_s": "1"},
        {"max_total_s": float("nan")},
        {"longest_delay_s": None},
    ],
)
def test_a_rule_that_makes_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        RetryPolicy(**wrong)


# ── Retry-After ───────────────────────────────────────────────────────────────────────────────────

DATE = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "0"}, 0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9),
        ({"retry-after-ms": "-1", "retry-after": "9"}, 9),
        ({"retry-after": DATE, "date": "Wed, 21 Oct 2026 07:27:30 GMT"}, 30),
        ({"retry-after": DATE, "date": "Wed, 21 Oct 2026 08:00:00 GMT"}, 0),
        ({"retry-after": "Wed, 99 Oct 2026 07:28:00 GMT"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e400"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": DATE, "date": "Wed, 21 Oct 2026 07:27:30"}, None),
    ],
)
def test_what_the_headers_ask_for(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_delay(headers) == seconds


def test_a_date_without_the_servers_clock_is_measured_by_ours() -> None:
    import time

    wait = asked_delay({"retry-after": formatdate(time.time() + 100, usegmt=True)})
    assert wait is not None and 90 < wait <= 100


@given(st.text(), st.text(), st.text())
def test_no_header_breaks_it(ms: str, after: str, date: str) -> None:
    wait = asked_delay({"retry-after-ms": ms, "retry-after": after, "date": date})
    assert wait is None or 0 <= wait < float("inf")
