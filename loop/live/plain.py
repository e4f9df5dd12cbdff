"""PlainView: a line for each step, and for what else a reader has to know of a run."""

from __future__ import annotations

from looplet.events import ANSWER, BUDGET, COMPACTED, MODEL_RETRY, STEP, Event
from looplet.live.view import View
from looplet.types import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class PlainView(View):
    """Lines as they come: for files, pipes, logs, and terminals that cannot draw."""

    def __call__(self, event: Event) -> None:
        if event.event not in _WORDED or self._output.gone:
            return
        line = line_of(event)
        if line is not None:
            self._output.line(line)


def line_of(event: Event) -> str | None:
    """The line for an event; None for what is shown only while it lasts.

    What a sub-agent does is indented by how deep it is, and begins with its name.
    """
    if (words := _WORDED.get(event.event)) is None:
        return None
    line = words(event)
    if not event.agent:
        return line
    path = event.agent.split("/")
    return f"{'  ' * len(path)}{printable(path[-1], 40)} {line}"


def _step(event: Event) -> str:
    step = event.step
    return "" if step is None else step.pretty()


def _retry(event: Event) -> str:
    data = event.data or {}
    reason = f": {_short(data['reason'], 200)}" if data.get("reason") else ""
    wait = data.get("delay_s")
    when = f"in {wait:.1f} s" if isinstance(wait, (int, float)) else "again"
    return f"~ the model is asked again {when} (try {_short(data.get('attempt'), 10)}){reason}"


def _compacted(event: Event) -> str:
    data = event.data or {}
    before, after = (_amount(data.get(key)) for key in ("tokens_before", "tokens_after"))
    return f"~ compacted ({_short(data.get('how'), 60)}): {before} → {after} tokens"


def _budget(event: Event) -> str:
    data = event.data or {}
    used, limit = _amount(data.get("used")), _amount(data.get("limit"))
    return f"~ budget: {_short(data.get('what'), 60)}: {used} of {limit}"


def _answer(event: Event) -> str:
    data = event.data or {}
    said = data.get("answer")
    heard = "nobody answered" if said is None else _short(said, 60)
    return f"? {_short(data.get('question'), 400)} → {heard}"


def _amount(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return _short(value, 20)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def _short(value: Any, width: int) -> str:
    return printable(str(value), width)


_WORDED = {
    STEP: _step,
    MODEL_RETRY: _retry,
    COMPACTED: _compacted,
    BUDGET: _budget,
    ANSWER: _answer,
}
