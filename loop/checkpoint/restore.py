"""Making a run what it was: the same messages and steps, by the functions that made them first."""

from __future__ import annotations

from looplet.checkpoint.states import METADATA, restore_states
from looplet.messages import assistant_message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from looplet.checkpoint.saved import Checkpoint
    from looplet.run import Run


def restore(run: Run, saved: Checkpoint) -> None:
    """Fill in the state of `run`, which is new, from what was saved."""
    state = run.state
    state.conversation = []  # what it went on from when it began was saved, too
    for kind, what in saved.history:
        if kind == "messages":
            state.conversation += what
        elif kind == "conversation":
            state.conversation = list(what)
        elif kind == "said":
            run.say(what)
        elif kind == "turn":
            if (message := assistant_message(what.text, what.calls)) is not None:
                state.conversation.append(message)
        else:
            run.record(what)
    state.usage.add(saved.usage)
    state.metadata.update(saved.states.get(METADATA) or {})
    run.notes = [*saved.notes]
    run.unfinished = saved.unfinished
    run.known = dict(saved.known)
    run.spent += saved.spent.items()
    run.in_flight = set(saved.in_flight)
    run.answers = {key: [*said] for key, said in saved.answers.items()}
    if saved.is_finished:
        state.final_output = saved.final_output
        run.stop("done", saved.stop_message)


def restore_parts(run: Run, saved: Checkpoint) -> None:
    """Give hooks, resources and the state what was saved of them."""
    restore_states(run, saved.states)
    if run.recorder is not None:
        run.recorder.goes_on()
