"""The commands of `looplet-compile`, in click. Each returns an Answer and writes nothing itself.

Only click is imported here: what a command needs is loaded when it runs, so `--help` stays quick.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from looplet.compiler.cli import Answer
from looplet.compiler.commands.indexed import indexed
from looplet.version import version

if TYPE_CHECKING:
    from looplet.compiler.report import Checked, Report

FORMATS = ("text", "json", "github", "sarif")


def _print_version(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(f"looplet-compile {version()}")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=False)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
def commands() -> None:
    """Check, show, change and write cartridges: agents that are folders.

    No command here runs anything of a cartridge's code.
    """


@commands.command()
@click.argument("name")
@click.option("--tool", "tools", multiple=True, metavar="NAME", help="A tool to start; repeatable.")
@click.option("--dir", "folder", default="", metavar="DIR", help="Where to put the folder.")
def new(name: str, tools: tuple[str, ...], folder: str) -> Answer:
    """Start a cartridge.

    Writes the folder NAME.cartridge: an agent that checks clean and runs at once.
    """
    from looplet.compiler.commands.scaffold import BadName, write

    try:
        place = write(name, tools, folder)
    except BadName as error:
        raise click.UsageError(str(error)) from None
    shown = _visible(place)
    return Answer(
        0,
        f"wrote {shown}; next:\n"
        f"  looplet-compile check {shown}\n"
        f'  looplet run {shown} "Say what you can do" --scripted\n',
    )


@commands.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Fail on warnings, too.")
@click.option("--fix", is_flag=True, help="Apply the safe fixes first; comments are kept.")
@click.option("--no-cache", is_flag=True, help="Forget what earlier checks learned.")
@indexed("paths")
def check(paths: tuple[str, ...], form: str, strict: bool, fix: bool, no_cache: bool) -> Answer:
    """Report every mistake in cartridges.

    PATH is a cartridge, or a folder that holds some at any depth. Nothing of them is run.
    Exits with 1 if there are errors.
    """
    from looplet.compiler.pipeline import check_all

    report = check_all(paths, cache=not no_cache)
    done = ""
    if fix:
        done = _mend(report, cache=not no_cache)
        report = check_all(paths, cache=not no_cache)
    status = int(report.errors > 0 or (strict and report.warnings > 0))
    text = _render(report, form)
    return Answer(status, done + text) if form == "text" else Answer(status, text, done)


def _mend(report: Report, *, cache: bool) -> str:
    """Apply the safe fixes of a report; what was done and what was left, a line each."""
    from looplet.compiler.commands.fix import mend
    from looplet.compiler.pipeline import check as check_one
    from looplet.compiler.render.place import shown_path

    lines = []
    for checked in report.cartridges:

        def again(root: str = checked.root) -> Checked:
            return check_one(root, cache=cache).cartridges[0]

        outcome = mend(checked, again)
        for fixed in outcome.applied:
            lines.append(
                f"fixed {shown_path(checked.root, fixed.path)}: {fixed.code} {fixed.title}"
            )
        lines += [f"left {checked.root}: {why}" for why in outcome.left]
    return "".join(f"{_visible(line)}\n" for line in lines)


@commands.command()
@click.argument("code", required=False)
def explain(code: str | None) -> Answer:
    """Tell what a code means.

    CODE is such as CT201, or its name; CT2 lists a family, and without one, all codes are listed.
    """
    from looplet.compiler.commands import explain as pages
    from looplet.compiler.diagnostics import FAMILIES

    if code is None or code.upper() in FAMILIES:
        return Answer(0, pages.catalogue((code or "").upper()))
    rule = pages.find(code)
    if rule:
        return Answer(0, pages.page(rule))
    near = pages.near(code)
    hint = f"did you mean {near}?" if near else "looplet-compile explain lists them all"
    raise click.UsageError(f"there is no code {code}; {hint}")


@commands.command()
@click.argument("path")
@click.option("--format", "form", type=click.Choice(FORMATS[:2]), default="text", show_default=True)
@click.option("--origins", is_flag=True, help="Also tell which file and line set each value.")
def show(path: str, form: str, origins: bool) -> Answer:
    """Print a cartridge's values.

    They are what the files come to, with defaults and parents resolved.
    """
    from looplet.compiler.commands import show as shown
    from looplet.compiler.pipeline import check as check_one

    report = check_one(path)
    preset = report.cartridges[0].preset
    if preset is None:
        return _faulty(report, form)
    places = None
    if origins:
        from looplet.compiler.origins import origins as find_origins

        places = find_origins(preset)
    render = shown.as_json if form == "json" else shown.as_text
    return Answer(0, render(preset, places))


@commands.command("set")
@click.argument("path")
@click.argument("changes", nargs=-1, required=True, metavar="KEY=VALUE...")
def set_(path: str, changes: tuple[str, ...]) -> Answer:
    """Change values in place.

    Only what spells the values changes in the files of the cartridge at PATH.

    KEY is a name as `show` prints it, such as config.max_steps; VALUE is YAML.
    """
    from looplet.compiler.commands.assign import BadAssignment, assign
    from looplet.compiler.report import CartridgeError

    pairs = []
    for change in changes:
        key, equals, value = change.partition("=")
        if not key or not equals:
            raise click.UsageError(f"write KEY=VALUE, such as config.max_steps=20, not {change}")
        pairs.append((key, value))
    try:
        changed = assign(path, pairs)
    except BadAssignment as error:
        raise click.UsageError(str(error)) from None
    except CartridgeError as error:
        return _faulty(error.report, "text")
    if not changed:
        return Answer(0, "nothing to change: the files say so already\n")
    return Answer(0, "".join(f"changed {_visible(file)}\n" for file in changed))


@commands.command()
@click.argument("source", metavar="SRC")
@click.argument("out")
@click.option("--via", type=click.Choice(["json"]), help="Go through the preset's JSON as well.")
def roundtrip(source: str, out: str, via: str | None) -> Answer:
    """Prove that nothing gets lost.

    Reads SRC into a preset, writes that to OUT, and exits with 1 unless every byte came back.
    """
    from looplet.compiler.commands import roundtrip as trip
    from looplet.compiler.pipeline import check as check_one
    from looplet.preset import PresetError

    report = check_one(source)
    preset = report.cartridges[0].preset
    if preset is None:
        return _faulty(report, "text")
    try:
        count, differing = trip.roundtrip(source, preset, out, via_json=via == "json")
    except PresetError as error:
        return Answer(1, remarks=f"looplet-compile roundtrip: {_visible(str(error))}\n")
    if differing:
        return Answer(1, "".join(f"{_visible(line)}\n" for line in differing))
    return Answer(0, f"identical: {count} files\n")


@commands.command()
@click.argument("kind", required=False)
@click.option("--draft", type=click.Choice(["2020-12", "7"]), default="2020-12", show_default=True)
def schema(kind: str | None, draft: str) -> Answer:
    """Print a file's JSON Schema.

    Without a KIND, the kinds of files are listed.
    """
    import json

    from looplet.compiler.schema import KINDS, raw_schema

    if kind is None:
        return Answer(0, "".join(f"{one}\n" for one in KINDS))
    if kind not in KINDS:
        raise click.UsageError(f"there is no kind {kind}; write one of {', '.join(KINDS)}")
    document = raw_schema(kind)
    if draft == "7":
        from looplet.compiler.draft7 import to_draft7

        document = to_draft7(document)
    return Answer(0, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _render(report: Report, form: str) -> str:
    if form == "json":
        from looplet.compiler.render import json

        return json.render(report)
    if form == "github":
        from looplet.compiler.render import github

        return github.render(report)
    if form == "sarif":
        from looplet.compiler.commands.explain import load_rules
        from looplet.compiler.render import sarif

        return sarif.render(report, table=load_rules(), version=version())
    from looplet.compiler.render import text

    return text.render(report, color=_colored(sys.stdout))


def _faulty(report: Report, form: str) -> Answer:
    """The findings in place of what was asked for: JSON on stdout, text on stderr."""
    if form == "json":
        return Answer(1, _render(report, "json"))
    from looplet.compiler.render import text

    return Answer(1, remarks=text.render(report, color=_colored(sys.stderr)))


def _colored(stream: Any) -> bool:
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not plain and stream is not None and stream.isatty()


def _visible(text: str) -> str:
    from looplet.compiler.render.visible import visible

    return visible(text)
