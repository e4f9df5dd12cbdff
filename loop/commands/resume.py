"""`looplet resume`: go on with a run that was saved, from where it was cut off or stopped."""

from __future__ import annotations

import sys
from types import NoneType
from typing import TYPE_CHECKING, Any

from looplet.checkpoint import Checkpoint, CheckpointError, FileCheckpointStore
from looplet.cli import Failure
from looplet.commands.run import bound, loaded, model_of
from looplet.commands.running import run_to_end, tell_result
from looplet.commands.show import safe
from looplet.places import Place, place_named, place_of
from looplet.preset import PresetError

if TYPE_CHECKING:
    from argparse import Namespace


def resume_run(args: Namespace) -> int:
    """Run the command; its exit code. Raises Failure for what keeps the run from going on."""
    try:
        saved = FileCheckpointStore(args.folder).load()
    except CheckpointError as error:
        raise Failure(safe(str(error))) from error
    if saved.is_finished:
        return tell_result(_result(saved), args.json or args.events, args.folder)
    if args.answer is not None:
        if saved.question is None:
            raise Failure(f"{safe(args.folder)}: this run is not waiting for an answer")
        saved.answer(args.answer)
    host = _host(saved)
    if not args.script and not args.model:
        args.script, args.model = host.get("script"), host.get("model")
        args.scripted = bool(host.get("scripted"))
    if args.max_steps is None:
        args.max_steps = host.get("max_steps")
    args.locked = args.locked or bool(host.get("locked"))
    preset = loaded(_place(host), args).preset
    llm = model_of(preset, args)
    skip = getattr(llm, "skip", None)
    if skip is not None:
        skip(saved.turns)
    binding = bound(preset, host["inputs"])
    binding.config.initial_checkpoint = saved
    binding.config.checkpoint_dir = saved.store
    binding.config.in_flight = args.in_flight
    if saved.steps and not (args.json or args.events):
        steps = "1 step" if saved.steps == 1 else f"{saved.steps} steps"
        sys.stderr.write(f"looplet: going on after {steps}\n")
    return run_to_end(binding, llm, saved.task, args, args.folder)


def _host(saved: Checkpoint) -> dict[str, Any]:
    """What `looplet run` noted when the run began."""
    if not isinstance(saved.host.get("cartridge"), str):
        raise Failure(
            f"{safe(saved.store.folder)}: this run was not begun with `looplet run`, so it goes on "
            "where it began: with `preset.resume` or LoopConfig(initial_checkpoint=…)"
        )
    for name, kinds in _NOTED.items():
        if not isinstance(saved.host.get(name), kinds):
            raise Failure(f"{safe(saved.store.folder)}: run.json was changed: host.{name}")
    return saved.host


def _place(host: dict[str, Any]) -> Place:
    """Where the cartridge is now. A name means what is installed, whatever folder one stands in."""
    try:
        by_name = host.get("found") in ("installed", "shipped")
        return (place_named if by_name else place_of)(host["cartridge"])
    except PresetError as error:
        raise Failure(safe(str(error))) from error


_NOTED: dict[str, tuple[type, ...]] = {
    "found": (str, NoneType),
    "inputs": (dict,),
    "locked": (bool, NoneType),
    "max_steps": (int, NoneType),
    "model": (str, NoneType),
    "script": (str, NoneType),
    "scripted": (bool, NoneType),
}


def _result(saved: Checkpoint) -> dict[str, object]:
    return {
        "result": saved.final_output,
        "stop_reason": saved.stop_reason,
        "stop_message": saved.stop_message,
        "steps": saved.steps,
        "usage": saved.usage.to_dict(),
    }
