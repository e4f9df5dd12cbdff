"""`looplet run`: check a cartridge, bind it, run it, and show its steps as they happen."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from looplet.cli import Failure
from looplet.commands.show import readable, safe
from looplet.inputs import typed_input
from looplet.link import Binding, LoadError, bind
from looplet.models.errors import ModelError, ScriptError
from looplet.preset import AgentPreset, PresetError

if TYPE_CHECKING:
    from argparse import Namespace

    from looplet.types import Step

NO_MODEL = """no model is configured. Set one of these, or use --scripted, or --script FILE:
  OPENAI_API_KEY and OPENAI_MODEL                   a model of OpenAI
  OPENAI_BASE_URL and OPENAI_MODEL                  any server that speaks its API"""


def run_cartridge(args: Namespace) -> int:
    """Run the command; its exit code. Raises Failure for what keeps the run from starting."""
    preset = _preset(args.cartridge)
    try:
        inputs = _inputs(preset, args.input)
        llm = _model(preset, args)
        binding = bind(preset, inputs)
    except (PresetError, LoadError, ModelError) as error:
        raise Failure(safe(str(error))) from error
    try:
        return _run(binding, llm, args)
    finally:
        _close(binding)


# ── what is run ───────────────────────────────────────────────────────────────────────────────────


def _preset(name: str) -> AgentPreset:
    """The preset of the cartridge that `name` means. Raises Failure with everything wrong in it."""
    path = _folder(name)
    try:
        from looplet.compiler.pipeline import check
        from looplet.compiler.render import text

        report = check(path)
        preset = report.cartridges[0].preset
        if preset is None:
            sys.stderr.write(text.render(report, color=False))
            raise Failure(f"{safe(name)} does not check clean, so it was not run")
    except ImportError as error:
        if (error.name or "looplet").partition(".")[0] == "looplet":
            raise
        raise Failure(
            f"reading a cartridge needs {error.name}: pip install 'looplet[compiler]'"
        ) from error
    return preset


def _folder(name: str) -> str:
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


def _inputs(preset: AgentPreset, given: list[str]) -> dict[str, Any]:
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


def _model(preset: AgentPreset, args: Namespace) -> Any:
    if args.scripted and args.script:
        raise Failure("--scripted and --script are two scripts; give one of them")
    if args.scripted or args.script:
        from looplet.models.scripted import MockLLMBackend, load_script

        script = _demo(preset) if args.scripted else None
        try:
            return MockLLMBackend(script or load_script(args.script), cycle=False)
        except OSError as error:
            raise Failure(f"{safe(args.script)}: {error.strerror or error}") from error
    from looplet.models.openai import OpenAIBackend

    made_for = preset.config_values.get("model") or {}
    settings = {}
    if not os.environ.get("OPENAI_MODEL") and made_for.get("provider", "openai") == "openai":
        settings["model"] = made_for.get("name")
    try:
        model = OpenAIBackend.from_env(**settings)
        model.connect()
    except ModelError as error:
        nothing = not any(os.environ.get(n) for n in ("OPENAI_BASE_URL", "OPENAI_API_KEY"))
        raise Failure(NO_MODEL if nothing else str(error)) from error
    return model


def _demo(preset: AgentPreset) -> Any:
    from looplet.models.scripted import script_of

    for path in ("evals/scripts/demo.json", "evals/scripts/demo.py"):
        if path in preset.files:
            return script_of(preset.files[path].data, path)
    raise ScriptError(f"{preset.name} has no script evals/scripts/demo.json to run --scripted with")


# ── the run ───────────────────────────────────────────────────────────────────────────────────────


def _run(binding: Binding, llm: Any, args: Namespace) -> int:
    from looplet.drivers import composable_loop

    config = binding.config
    if sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty():
        config.approval_handler = _ask
    try:
        state = binding.state()
        steps = composable_loop(
            llm,
            args.task,
            binding.tools,
            hooks=binding.hooks,
            config=config,
            state=state,
            max_steps=args.max_steps,
        )
    except (Exception, SystemExit) as error:
        raise Failure(safe(binding.in_words(error))) from error
    show = _show_json if args.json else _show
    try:
        show(steps)
    except (BrokenPipeError, KeyboardInterrupt):
        steps.close()
        raise
    except (Exception, SystemExit) as error:
        # Whatever a model, a hook or a prompt raised ends the run; the state knows the reason.
        if state.stop_reason is None or os.environ.get("LOOPLET_TRACEBACK"):
            raise
        if state.stop_reason == "done":
            _warn(f"after the run: {binding.in_words(error)}")
        state.stop_message = binding.in_words(error)
    if args.json:
        _write(json.dumps(_result(state), default=str))
    done = state.stop_reason == "done"
    if done and not args.json:
        _write(f"\n{readable(state.final_output)}")
    if not done:
        why = state.stop_message or f"after {_count(len(state.steps), 'step')}"
        _warn(f"stopped: {state.stop_reason}: {why}")
    return 0 if done else 3


def _close(binding: Binding) -> None:
    """Close it, and say what goes wrong; the run is over, and its outcome stays what it is."""
    try:
        binding.close()
    except (Exception, SystemExit) as error:
        _warn(f"after the run: {binding.in_words(error)}")


def _warn(text: str) -> None:
    sys.stdout.flush()
    sys.stderr.write(f"looplet: {safe(text)}\n")


def _show(steps: Generator[Step, None, None]) -> None:
    for step in steps:
        _write(step.pretty())


def _show_json(steps: Generator[Step, None, None]) -> None:
    for step in steps:
        _write(json.dumps(step.to_dict(), default=str))


def _write(line: str) -> None:
    # Each line at once: who watches a run wants to see its steps as they happen.
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _result(state: Any) -> dict[str, Any]:
    return {
        "result": state.final_output,
        "stop_reason": state.stop_reason,
        "stop_message": state.stop_message,
        "steps": len(state.steps),
        "usage": state.usage.to_dict(),
    }


def _ask(question: str, options: list[str]) -> str:
    sys.stderr.write(f"{safe(question)} [{'/'.join(options)}] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
