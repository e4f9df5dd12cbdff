"""What hooks, resources and the state itself have to be kept besides the steps.

Anything with `save_state()` and `restore_state(data)` is asked; what it gives is written when it
changed.
"""

from __future__ import annotations

from looplet.checkpoint.errors import CheckpointError
from looplet.jsontext import NotJSON, json_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any, Final

    from looplet.run import Run

METADATA: Final = "state.metadata"


class States:
    """The parts of one run that have a state to be saved, by name."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._metadata = run.state.metadata
        self._parts: list[tuple[str, Callable[[], Any]]] | None = None
        self._texts: dict[str, str] = {METADATA: "{}"}

    def changed(self) -> dict[str, Any]:
        """Those that are not what they were the last time, with what they are now."""
        found: dict[str, Any] = {}
        if self._parts is None:  # not before: tools that are started change what there is
            self._parts = [
                (name, part.save_state)
                for name, part in _parts(self._run)
                if callable(getattr(part, "save_state", None))
            ]
        if self._metadata or self._texts[METADATA] != "{}":
            self._look(METADATA, self._metadata, found)
        for name, save_state in self._parts:
            self._look(name, save_state(), found)
        return found

    def seen(self, states: Mapping[str, Any]) -> None:
        """These are written already."""
        self._texts.update({name: json_text(data) for name, data in states.items()})

    def _look(self, name: str, data: Any, found: dict[str, Any]) -> None:
        try:
            text = json_text(data)
        except NotJSON as error:
            raise CheckpointError(
                "no_json", f"{name} has a state that a checkpoint cannot keep: {error}"
            ) from None
        if self._texts.get(name, "null") != text:
            self._texts[name] = text
            found[name] = data


def restore_states(run: Run, states: Mapping[str, Any]) -> None:
    """Give every part what was saved of it."""
    for name, part in _parts(run):
        restore: Callable[[Any], object] | None = getattr(part, "restore_state", None)
        if restore is not None and states.get(name) is not None:
            restore(states[name])


def _parts(run: Run) -> Iterator[tuple[str, Any]]:
    for number, hook in enumerate(run.hooks.all, 1):
        yield f"hook {number}, {type(hook).__name__}", hook
    for name, resource in run.config.resources.items():
        if not isinstance(resource, type):
            yield f"resource {name}", resource
    yield "state", run.state
    yield "window", run.state.window
