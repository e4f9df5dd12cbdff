"""`looplet run`: find a cartridge, load it, bind it, run it, and show its steps as they happen."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from looplet.cli import Failure
from looplet.commands.running import run_to_end
from looplet.commands.show import safe
from looplet.inputs import typed_input
from looplet.link import Binding, LoadError, bind
from looplet.models.errors import ModelError, ScriptError
from looplet.places import Place, place_of
from looplet.preset import AgentPreset, PresetError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from looplet.compiler.archive.package import Package


class Loaded(NamedTuple):
    """A cartridge that may run, and where it was found."""

    place: Place
    preset: AgentPreset


def run_cartridge(args: Namespace) -> int:
    """Run the command; its exit code. Raises Failure for what keeps the run from starting."""
    place, preset = loaded(_asked(args), args)
    inputs = inputs_of(preset, args.input)
    llm = model_of(preset, args)
    binding = bound(preset, inputs)
    saved_in = args.checkpoint or binding.config.checkpoint_dir
    if saved_in is not None:
        from looplet.checkpoint import FileCheckpointStore

        host = {"cartridge": place.lasting, "found": place.kind, "inputs": inputs, **_how(args)}
        binding.config.checkpoint_dir = FileCheckpointStore(saved_in, host=host)
    binding.config.in_flight = args.in_flight
    return run_to_end(binding, llm, args.task, args, saved_in)


def bound(preset: AgentPreset, inputs: dict[str, Any]) -> Binding:
    """The live side of the preset. Raises Failure."""
    with _sensible(preset):
        return bind(preset, inputs)


@contextmanager
def _sensible(preset: AgentPreset) -> Iterator[None]:
    """Failure for what a preset cannot be bound with, also where it makes no sense at all: digests
    that fit each other do not say that what a package carries was ever checked."""
    try:
        yield
    except (PresetError, LoadError) as error:
        raise Failure(safe(str(error))) from error
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        if os.environ.get("LOOPLET_TRACEBACK"):
            raise
        raise Failure(
            f"{safe(preset.name)} cannot be run as it is ({type(error).__name__}: "
            f"{safe(str(error))}); if it is a package, `looplet-compile check` says more of it"
        ) from error


def _how(args: Namespace) -> dict[str, Any]:
    """How the run was begun, to be found again by `looplet resume`."""
    script = None if args.script is None else os.path.abspath(args.script)
    return {
        "model": args.model,
        "scripted": args.scripted,
        "script": script,
        "max_steps": args.max_steps,
        "locked": args.locked,
    }


# ── what is run ───────────────────────────────────────────────────────────────────────────────────


def _asked(args: Namespace) -> Place:
    """The place of what is to run: in the index that is given, or here. Raises Failure."""
    index = getattr(args, "index", None)  # the command of an installed agent has none
    if index is None and not os.environ.get("LOOPLET_INDEX"):
        return found(args.cartridge)
    from looplet.commands.indexed import place_here_or_in, place_in

    if index is not None:
        return place_in(index, args.cartridge)
    return place_here_or_in(os.environ["LOOPLET_INDEX"], args.cartridge)


def found(named: str) -> Place:
    """The place that a person names: a path, or the name of a cartridge. Raises Failure."""
    try:
        return place_of(named)
    except PresetError as error:
        raise Failure(safe(str(error))) from error


def loaded(place: Place, args: Namespace) -> Loaded:
    """The cartridge at `place`, ready to be bound: opened, allowed, lowered. Raises Failure.

    Each of these is over before the next begins, and the package that was judged is the one that
    runs: its file is read once.
    """
    package = package_at(place)
    if package is not None and place.kind == "file":
        from looplet.commands.consent import allow

        allow(place, package, trusted=args.trust)
    preset = preset_of(place, package)
    if args.locked:
        _hold(place, preset, args)
    return Loaded(place, preset)


def _hold(place: Place, preset: AgentPreset, args: Namespace) -> None:
    """Refuse what is not as the cartridge's lock has it. Raises Failure."""
    from looplet.compiler.locking.holding import hold

    try:
        hold(preset, model=args.model, shown=place.named)
    except PresetError as error:
        raise Failure(safe(f"--locked keeps this from running: {error}")) from error


def package_at(place: Place) -> Package | None:
    """The package at `place`, opened and found whole; None for a folder. Raises Failure."""
    from looplet.compiler.loading import opened

    try:
        return opened(place)
    except PresetError as error:
        raise Failure(safe(str(error)), 1) from error


def preset_of(place: Place, package: Package | None) -> AgentPreset:
    """The preset of what is at `place`. Raises Failure with everything wrong in it."""
    from looplet.compiler.loading import packed_preset

    try:
        return _checked(place.path) if package is None else packed_preset(package, place)
    except PresetError as error:
        raise Failure(safe(str(error))) from error


def _checked(folder: str) -> AgentPreset:
    """The preset of the cartridge in a folder."""
    try:
        from looplet.compiler.pipeline import check
        from looplet.compiler.render import text

        report = check(folder)
        preset = report.cartridges[0].preset
        if preset is None:
            sys.stderr.write(text.render(report, color=False))
            raise Failure(f"{safe(folder)} does not check clean, so it was not run")
    except ImportError as error:
        if (error.name or "looplet").partition(".")[0] == "looplet":
            raise
        raise Failure(
            f"reading a cartridge needs {error.name}: pip install 'looplet[compiler]'"
        ) from error
    return preset


def inputs_of(preset: AgentPreset, given: list[str]) -> dict[str, Any]:
    """`NAME=VALUE` pairs, each value as its declared schema reads it."""
    with _sensible(preset):
        declared = preset.config_values.get("inputs") or {}
        values: dict[str, Any] = {}
        for pair in given:
            name, equals, text = pair.partition("=")
            if not equals or not name:
                raise Failure(f"--input takes NAME=VALUE, not {safe(pair)!r:.80}")
            if name in values:
                raise Failure(f"the input {safe(name)!r} is given twice")
            schema = declared.get(name)
            values[name] = text if schema is None else typed_input(preset.name, name, schema, text)
        return values


def model_of(preset: AgentPreset, args: Namespace) -> Any:
    """The model that the command line, the cartridge or the environment names. Raises Failure."""
    if sum(map(bool, (args.scripted, args.script, args.model))) > 1:
        raise Failure("--scripted, --script and --model each name a model; give one of them")
    try:
        if args.scripted or args.script:
            from looplet.models.scripted import MockLLMBackend, load_script

            script = _demo(preset) if args.scripted else load_script(args.script)
            return MockLLMBackend(script, cycle=False)
        from looplet.models.choose import model_from

        with _sensible(preset):
            model = model_from(args.model, preset.config_values.get("model"))
        model.connect()
    except OSError as error:
        raise Failure(f"{safe(args.script)}: {error.strerror or error}") from error
    except ModelError as error:
        raise Failure(safe(str(error))) from error
    return model


def _demo(preset: AgentPreset) -> Any:
    from looplet.models.scripted import script_of

    for path in ("evals/scripts/demo.json", "evals/scripts/demo.py"):
        if path in preset.files:
            return script_of(preset.files[path].data, path)
    raise ScriptError(f"{preset.name} has no script evals/scripts/demo.json to run --scripted with")
