"""Checkpoint: a saved run, as far as it came, read from its journal."""

from __future__ import annotations

from looplet.checkpoint.errors import CheckpointError
from looplet.checkpoint.records import (
    call_from,
    result_from,
    step_from,
    turn_from,
    usage_from,
)
from looplet.models.reply import Usage
from looplet.types import Step, ToolCall, ToolResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from looplet.checkpoint.store import FileCheckpointStore
    from looplet.turn import Turn


class Checkpoint:
    """
    store: where it is saved. task: what it is to do. host: what its host noted when it began.
    made_of: the parts of the agent.
    began: whether the model was given the task; if not, going on is beginning.
    history: what happened, in order: `("messages", list)`, `("conversation", list)` in place of all
        before it, `("said", text)`, `("turn", Turn)` and `("step", Step)`.
    turns: how many answers of the model there are. steps: how many steps.
    unfinished: the last turn, with the calls that are still to be made; None if there are none.
    places: which of the calls of the last turn each one is, by id, those that are made included.
    known: of these, the calls that ran, with their results, by id. spent: what they spent
        themselves. in_flight: the ids of those that were running when the run was cut off.
    question: what the run is waiting for, as `DefaultState.question` has it; None for nothing.
    answers: what was answered, by the id of the call and the question, each time it was asked.
    states: what hooks, resources and `state.metadata` had to be kept, by name.
    notes: texts for the next prompt.
    usage: tokens and money so far.
    stop_reason, stop_message: why it stopped; None if it was cut off.
    final_output: the answer of a run that is `done`.
    """

    def __init__(
        self,
        store: FileCheckpointStore,
        about: dict[str, Any],
        entries: Sequence[dict[str, Any]],
        size: int,
    ) -> None:
        self.store = store
        self.size = size
        self.task = about.get("task")
        self.host: dict[str, Any] = about.get("host", {})
        self.made_of: dict[str, Any] = about["made_of"]
        self.began = False
        self.history: list[tuple[str, Any]] = []
        self.turns = 0
        self.steps = 0
        self.unfinished: Turn | None = None
        self.places: dict[str, int] = {}
        self.known: dict[str, tuple[ToolCall, ToolResult]] = {}
        self.spent: dict[str, Usage] = {}
        self.in_flight: set[str] = set()
        self.question: dict[str, Any] | None = None
        self.answers: dict[tuple[str, str], list[Any]] = {}
        self.new_answers: list[dict[str, Any]] = []
        self.states: dict[str, Any] = {}
        self.notes: list[str] = []
        self.usage = Usage()
        self.stop_reason: str | None = None
        self.stop_message = ""
        self.final_output: Any = None
        self._calls: dict[str, ToolCall] = {}
        self._once: set[tuple[str, str]] = set()
        for number, entry in enumerate(entries, 1):
            try:
                getattr(self, f"_{entry['is']}")(entry)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise CheckpointError(
                    "damaged",
                    f"{store.folder}: line {number} of the journal makes no sense: {error}",
                ) from None

    @property
    def is_finished(self) -> bool:
        """Whether the task is done; a run that was stopped otherwise can go on."""
        return self.stop_reason == "done"

    def answer(self, said: Any) -> None:
        """Answer the question that the run is waiting for. Raises ValueError if there is none."""
        if self.question is None:
            raise ValueError("this run is not waiting for an answer")
        asked = self.question
        entry = {
            "is": "answer",
            "id": asked["call_id"],
            "question": asked["question"],
            "said": said,
            "once": asked.get("once", False),
        }
        self._answer(entry)
        self.new_answers.append(entry)

    # ── one method for each kind of entry ─────────────────────────────────────────────────────

    def _start(self, entry: dict[str, Any]) -> None:
        self.began = True
        self.notes = entry["notes"]
        self.history.append(("messages", entry["messages"]))

    def _conversation(self, entry: dict[str, Any]) -> None:
        self.history.append(("conversation", entry["messages"]))

    def _reply(self, entry: dict[str, Any]) -> None:
        if entry.get("said") is not None:
            self.history.append(("said", entry["said"]))
        turn = turn_from(entry)
        self.history.append(("turn", turn_from(entry)))
        self.turns += 1
        self.notes = []
        self.unfinished = turn
        # What belongs to a call belongs to its turn: providers use the same ids again.
        self._calls = {call.call_id: call for call in turn.calls}
        self.places = {call.call_id: place for place, call in enumerate(turn.calls)}
        self.known, self.spent, self.in_flight = {}, {}, set()
        self.answers, self._once = {}, set()
        if turn.usage is not None:
            self.usage.add(turn.usage)
        self._keep(entry)

    def _intent(self, entry: dict[str, Any]) -> None:
        for data in entry["calls"]:
            call = call_from(data)
            self._calls[call.call_id] = call
            self.in_flight.add(call.call_id)
            for key in [key for key in self._once if key[0] == call.call_id]:
                self.answers.pop(key, None)  # it was used: this call is in flight anew

    def _result(self, entry: dict[str, Any]) -> None:
        call = self._calls[entry["id"]]
        self.known[call.call_id] = (call, result_from(entry, call))
        if (spent := usage_from(entry.get("spent"))) is not None:
            self.spent[call.call_id] = spent
        self.in_flight.discard(call.call_id)

    def _step(self, entry: dict[str, Any]) -> None:
        call_id = entry["id"]
        call = self._calls[call_id]
        if "call" in entry:
            call = call_from(entry["call"])
        if "result" in entry:
            result = result_from(entry["result"], call)
        else:
            call, result = self.known[call_id]
        step = step_from(entry, call, result)
        self.history.append(("step", step))
        self.steps += 1
        self.known.pop(call_id, None)
        self.spent.pop(call_id, None)
        self.in_flight.discard(call_id)
        if (turn := self.unfinished) is not None:
            turn.calls = [call for call in turn.calls if call.call_id != call_id]
            turn.usage = None
            if not turn.calls:
                self.unfinished = None
        self._spend(entry)
        self.notes = entry.get("notes", [])
        if "end" in entry:
            self._end(entry["end"])
            if self.is_finished:
                self.final_output = result.data
        self._keep(entry)

    def _question(self, entry: dict[str, Any]) -> None:
        asked = entry["asked"]
        if self.question is None:  # calls that ran at the same time can ask too: one by one
            self.question = asked
        if entry.get("postponed"):  # asked by the tool itself: its call is to be made anew
            self.in_flight.discard(asked["call_id"])

    def _answer(self, entry: dict[str, Any]) -> None:
        key = entry["id"], entry["question"]
        self.answers.setdefault(key, []).append(entry["said"])
        if entry.get("once"):
            self._once.add(key)
        asked = self.question
        if asked is not None and key == (asked["call_id"], asked["question"]):
            self.question = None

    def _used(self, entry: dict[str, Any]) -> None:
        self.answers.pop((entry["id"], entry["question"]), None)

    def _resume(self, entry: dict[str, Any]) -> None:
        self.question = None
        if not self.is_finished:
            self.stop_reason, self.stop_message = None, ""

    def _end(self, entry: dict[str, Any]) -> None:
        if not self.is_finished:  # what is done stays so, whatever comes after
            self.stop_reason = entry["reason"]
            self.stop_message = entry.get("message", "")
        if "answer" in entry:
            self.final_output = entry["answer"]
        self._spend(entry)

    def _spend(self, entry: dict[str, Any]) -> None:
        if "spent" in entry:
            self.usage.add(usage_from(entry["spent"]) or Usage())

    def _keep(self, entry: dict[str, Any]) -> None:
        self.states.update(entry.get("states", {}))

    # ── what a host wants to see ──────────────────────────────────────────────────────────────

    def all_steps(self) -> list[Step]:
        """Every step that was recorded."""
        return [what for kind, what in self.history if kind == "step"]


__all__ = ["Checkpoint"]
