"""`looplet run`: check a cartridge, bind it, run it, and show its steps as they happen."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from looplet.cli import Failure
from looplet.commands.running import run_to_end
from looplet.commands.show import safe
from looplet.inputs import typed_input
from looplet.link import Binding, LoadError, bind
from looplet.models.errors import ModelError, ScriptError
from looplet.preset import AgentPreset, PresetError

if TYPE_CHECKING:
    from argparse import Namespace


def run_cartridge(args: Namespace) -> int:
    """Run the command; its exit code. Raises Failure for what keeps the run from starting."""
    path = folder_of(args.cartridge)
    preset = preset_of(path)
    try:
        inputs = inputs_of(preset, args.input)
    except PresetError as error:
        raise Failure(safe(str(error))) from error
    llm = model_of(preset, args)
    binding = bound(preset, inputs)
    saved_in = args.checkpoint or binding.config.checkpoint_dir
    if saved_in is not None:
        from looplet.checkpoint import FileCheckpointStore

        host = {"cartridge": os.path.abspath(path), "inputs": inputs, **_how(args)}
        binding.config.checkpoint_dir = FileCheckpointStore(saved_in, host=host)
    binding.config.in_flight = args.in_flight
    return run_to_end(binding, llm, args.task, args, saved_in)


def bound(preset: AgentPreset, inputs: dict[str, Any]) -> Binding:
    """The live side of the preset. Raises Failure."""
    try:
        return bind(preset, inputs)
    except (PresetError, LoadError) as error:
        raise Failure(safe(str(error))) from error


def _how(args: Namespace) -> dict[str, Any]:
    """How the run was begun, to be found again by `looplet resume`."""
    script = None if args.script is None else os.path.abspath(args.script)
    return {
        "model": args.model,
        "scripted": args.scripted,
        "script": script,
        "max_steps": args.max_steps,
    }


# ── what is run ───────────────────────────────────────────────────────────────────────────────────


def preset_of(path: str) -> AgentPreset:
    """The preset of the cartridge in a folder. Raises Failure with everything wrong in it."""
    try:
        from looplet.compiler.pipeline import check
        from looplet.compiler.render import text

        report = check(path)
        preset = report.cartridges[0].preset
        if preset is None:
            sys.stderr.write(text.render(report, color=False))
            raise Failure(f"{safe(path)} does not check clean, so it was not run")
    except ImportError as error:
        if (error.name or "looplet").partition(".")[0] == "looplet":
            raise
        raise Failure(
            f"reading a cartridge needs {error.name}: pip install 'looplet[compiler]'"
        ) from error
    return preset


def folder_of(name: str) -> str:
    """The folder that `name` means: itself, or that of a shipped cartridge. Raises Failure."""
    from looplet.shipped import shipped, shipped_names

    if os.path.exists(name) or os.sep in name:
        return name
    if (found := shipped(name)) is not None:
        return found
    from difflib import get_close_matches

    near = get_close_matches(name, shipped_names(), 1)
    meant = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(shipped_names())}"
    raise Failure(
        f"there is no folder {safe(name)!r}, and no shipped cartridge of that name; {meant}"
    )


def inputs_of(preset: AgentPreset, given: list[str]) -> dict[str, Any]:
    """`NAME=VALUE` pairs, each value as its declared schema reads it."""
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
