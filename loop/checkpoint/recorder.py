"""Recorder: what the engine tells of a run, written into its journal. One per run.

Each entry is written when it happens and says only what is new, so a step costs the same however
long the run is. Before calls there is an `intent`, after each its `result`, and when the hooks
have seen it the `step`.
"""

from __future__ import annotations

import os

from looplet.checkpoint.errors import CheckpointError
from looplet.checkpoint.made_of import differences, in_words, made_of
from looplet.checkpoint.records import call_data, result_data, step_data, turn_data
from looplet.checkpoint.states import States
from looplet.checkpoint.store import FileCheckpointStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from looplet.models.reply import Usage
    from looplet.run import Run
    from looplet.turn import Turn
    from looplet.types import Step, ToolCall, ToolResult


class Recorder:
    """The methods are what `looplet.effects.Save` names; all raise CheckpointError.

    `result` and `used` may be called in the threads of tools.
    """

    def __init__(self, run: Run, store: FileCheckpointStore) -> None:
        self._run = run
        self._store = store
        self._states = States(run)
        self._turns = 0
        self._places: dict[str, int] = {}
        self._intents: dict[str, ToolCall] = {}
        self._results: dict[str, ToolResult] = {}
        self._conversation: Any = None
        self._failure: CheckpointError | None = None
        self._is_done = False

    def open(self, task: Any) -> None:
        """Take the folder: for a new run, or to go on with the one that was loaded."""
        run, saved = self._run, self._run.saved
        if saved is None:
            self._store.begin(task, made_of(run))
            return
        if found := differences(saved.made_of, made_of(run)):
            raise CheckpointError(
                "changed",
                f"{self._store.folder}: the agent is not the one that this run began with: "
                f"{in_words(found)}; put it back as it was, or begin a new run",
            )
        self._store.go_on(saved)
        self._store.append({"is": "resume"})
        for entry in saved.new_answers:
            self._store.append(entry)
        self._turns, self._places = saved.turns, dict(saved.places)
        self._is_done = saved.is_finished
        self._states.seen(saved.states)

    def start(self, messages: Sequence[dict[str, Any]], notes: list[str]) -> None:
        """The conversation as the model gets it first, and texts for its first prompt."""
        self._store.append({"is": "start", "messages": messages, "notes": notes})
        self._conversation = self._run.state.conversation

    def goes_on(self) -> None:
        """The run is as it was saved."""
        self._conversation = self._run.state.conversation

    def reply(self, said: str | None, turn: Turn) -> None:
        """What the model answered, and what it was told before; its message is not appended yet."""
        conversation = self._run.state.conversation
        if conversation is not self._conversation:  # a compaction
            self._store.append({"is": "conversation", "messages": conversation})
            self._conversation, said = conversation, None
        entry = {"is": "reply", **turn_data(turn)}
        if said is not None:
            entry["said"] = said
        self._add_states(entry)
        self._store.append(entry)
        self._turns += 1
        self._places = {call.call_id: place for place, call in enumerate(turn.calls)}

    def intent(self, calls: Sequence[ToolCall]) -> None:
        """These calls are run now."""
        self._store.append({"is": "intent", "calls": [call_data(call) for call in calls]})
        for call in calls:
            self._intents[call.call_id] = call

    def result(self, call: ToolCall, result: ToolResult) -> None:
        """What a call came to. What goes wrong is raised by the next entry: the result is there."""
        try:
            entry = {"is": "result", "id": call.call_id, **result_data(result)}
            if (spent := self._run.spent_by(call)) is not None:
                entry["spent"] = spent.to_dict()
            self._store.append(entry)
        except CheckpointError as error:
            self._failure = error
        self._results[call.call_id] = result

    def step(self, step: Step) -> None:
        """A step as it is recorded, after the hooks have seen it."""
        if self._failure is not None:
            raise self._failure
        run, call = self._run, step.tool_call
        entry = {"is": "step", **step_data(step)}
        if self._intents.pop(call.call_id, None) is not call:
            entry["call"] = call_data(call)
        if self._results.pop(call.call_id, None) is not step.tool_result:
            entry["result"] = result_data(step.tool_result)
        if (spent := run.charged.pop(step.number, None)) is not None:
            entry["spent"] = spent.to_dict()
        if run.notes:
            entry["notes"] = run.notes
        if (reason := run.state.stop_reason) is not None:
            entry["end"] = {"reason": reason, "message": run.state.stop_message}
        self._add_states(entry)
        self._store.append(entry)
        self._is_done = reason == "done"

    def question(self, asked: dict[str, Any], postponed: bool) -> None:
        """The run ends at this question. `postponed`: the call is to be made from its start."""
        self._store.append({"is": "question", "asked": asked, "postponed": postponed}, sync=True)

    def answer(self, call: ToolCall, question: str, said: Any, once: bool) -> None:
        """What was answered to a question about a call; `once`: it is not to be used again."""
        self._store.append(
            {"is": "answer", "id": call.call_id, "question": question, "said": said, "once": once}
        )

    def used(self, call: ToolCall, question: str) -> None:
        """The answer to this question was handed on: it is not to be used again."""
        self._store.append({"is": "used", "id": call.call_id, "question": question})

    def end(self, state: Any, spent: Usage) -> None:
        """The run is over, however it ended; let others have the folder.

        spent: what no step carries, such as a compaction before a question that failed.
        """
        if not self._store.is_open:
            return
        reason = state.stop_reason
        if reason == "done" and not self._is_done:  # the step that says so could not be saved
            reason = "checkpoint_error"
        entry = {"is": "end", "reason": reason, "message": state.stop_message}
        if reason == "done":
            entry["answer"] = state.final_output
        if spent.total_tokens or spent.cost:
            entry["spent"] = spent.to_dict()
        try:
            self._store.append(entry, sync=True)
        finally:
            self._store.close()

    def close(self) -> None:
        """Let others have the folder, whatever happened."""
        self._store.close()

    def folder_of(self, call: ToolCall) -> str:
        """Where a call can save something; a call that is made again gets the same."""
        place = self._places.get(call.call_id, 0)
        return os.path.join(self._store.folder, "calls", f"{self._turns}-{place}")

    def _add_states(self, entry: dict[str, Any]) -> None:
        if states := self._states.changed():
            entry["states"] = states


def recorder_for(folder: Any, run: Run) -> Recorder:
    """The recorder of a run that is saved in `folder`, a path or a store."""
    if isinstance(folder, (str, os.PathLike)):
        folder = FileCheckpointStore(folder)
    if not isinstance(folder, FileCheckpointStore):
        raise TypeError(f"checkpoint_dir is a folder, not {folder!r:.80}")
    saved = run.saved
    if saved is not None and os.path.abspath(saved.store.folder) != os.path.abspath(folder.folder):
        raise ValueError(
            f"initial_checkpoint is of {saved.store.folder}, and checkpoint_dir is "
            f"{folder.folder}; a run goes on where it is saved"
        )
    return Recorder(run, folder)
