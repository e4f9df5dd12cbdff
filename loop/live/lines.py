"""EventLines: every event as a line of JSON, for programs that watch a run."""

from __future__ import annotations

from looplet.live.view import View

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from looplet.events import Event


class EventLines(View):
    """One JSON object a line, as `Event.to_dict` has it."""

    def __call__(self, event: Event) -> None:
        if not self._output.gone:
            self._output.line(_line(event.to_dict()))


def _line(data: dict[str, Any]) -> str:
    from json import dumps

    try:
        return dumps(data, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        # Tools and models can give what JSON cannot hold.
        from looplet.jsontext import nearest

        return dumps(nearest(data), allow_nan=False)
