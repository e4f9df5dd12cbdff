"""What `looplet run` and `looplet resume` share: driving a run, showing it, and its exit code."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from looplet.checkpoint.errors import CheckpointError
from looplet.cli import Failure
from looplet.commands.show import readable, safe
from looplet.commands.terminal import (
    ask,
    asks_in_terminal,
    denying,
    ended_by_signals,
    while_paused,
)
from looplet.cost import in_words

if TYPE_CHECKING:
    from argparse import Namespace

    from looplet.link import Binding
    from looplet.live import View
    from looplet.models.reply import Usage

DONE, STOPPED, WAITING = 0, 3, 4


def run_to_end(binding: Binding, llm: Any, task: Any, args: Namespace, saved_in: str | None) -> int:
    """Run, show the steps as they happen, and return the exit code; closes the binding.

    saved_in: the folder that the run is saved in, if it is, so that it can go on.
    """
    try:
        with ended_by_signals():
            return _run(binding, llm, task, args, saved_in)
    finally:
        _close(binding)


def _run(binding: Binding, llm: Any, task: Any, args: Namespace, saved_in: str | None) -> int:
    from looplet.drivers import composable_loop

    config = binding.config
    with _view(args) as view:
        if args.ask or asks_in_terminal():
            asking = while_paused(view, ask)
            config.approval_handler = asking if saved_in is not None else denying(asking)
        try:
            state = binding.state()
            steps = composable_loop(
                llm,
                task,
                binding.tools,
                hooks=binding.hooks,
                config=config,
                state=state,
                stream=None if args.json else view,
                max_steps=args.max_steps,
            )
        except (Exception, SystemExit) as error:
            raise Failure(safe(binding.in_words(error))) from error
        try:
            for step in steps:
                if args.json:
                    _write(json.dumps(step.to_dict(), default=str))
                if view.gone:
                    raise BrokenPipeError
        except (BrokenPipeError, KeyboardInterrupt):
            steps.close()
            view.close()
            if saved_in is not None:
                _warn(f"the run is saved; go on with: {_resume(saved_in)}")
            raise
        except (Exception, SystemExit) as error:
            if isinstance(error, CheckpointError) and error.kind not in ("unwritable", "no_json"):
                raise Failure(safe(str(error))) from error
            # Whatever a model, a hook or a prompt raised ends the run; the state knows the reason.
            if state.stop_reason is None or os.environ.get("LOOPLET_TRACEBACK"):
                raise
            view.close()
            if state.stop_reason == "done":
                _warn(f"after the run: {binding.in_words(error)}")
            state.stop_message = binding.in_words(error)
    return tell_result(result_of(state), args.json or args.events, saved_in, state.usage)


def _view(args: Namespace) -> View:
    """What shows the run: lines, a live view where the terminal can, or every event as JSON."""
    from looplet.live import EventLines, NoLiveView, view_for

    if args.events:
        return EventLines(sys.stdout)
    try:
        return view_for(sys.stdout, live=False if args.json else args.live)
    except NoLiveView as error:
        raise Failure(str(error)) from error


def tell_result(
    result: dict[str, Any], as_json: bool, saved_in: str | None, usage: Usage | None = None
) -> int:
    """Print what a run came to, and what it cost; the exit code."""
    reason = result["stop_reason"]
    if as_json:
        _write(json.dumps(result, default=str))
    elif reason == "done":
        _write(f"\n{readable(result['result'])}")
    if usage is not None and not as_json and (cost := in_words(usage)):
        _warn(cost)
    if reason == "done":
        return DONE
    again = "" if saved_in is None else f"; go on with: {_resume(saved_in)}"
    if reason == "waiting":
        question = result["stop_message"]
        _warn(f"waiting for an answer: {question}{again} --answer yes (or no)")
        return WAITING
    why = result["stop_message"] or f"after {_count(result['steps'], 'step')}"
    _warn(f"stopped: {reason}: {why}{again}")
    return STOPPED


def _resume(folder: str) -> str:
    from shlex import quote

    return f"looplet resume {quote(folder)}"


def result_of(state: Any) -> dict[str, Any]:
    """What there is to say of a run that is over, as JSON data."""
    return {
        "result": state.final_output,
        "stop_reason": state.stop_reason,
        "stop_message": state.stop_message,
        "steps": len(state.steps),
        "usage": state.usage.to_dict(),
    }


def _close(binding: Binding) -> None:
    """Close it, and say what goes wrong; the run is over, and its outcome stays what it is."""
    try:
        binding.close()
    except (Exception, SystemExit) as error:
        _warn(f"after the run: {binding.in_words(error)}")


def _warn(text: str) -> None:
    sys.stdout.flush()
    sys.stderr.write(f"looplet: {safe(text)}\n")


def _write(line: str) -> None:
    # Each line at once: who watches a run wants to see its steps as they happen.
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
