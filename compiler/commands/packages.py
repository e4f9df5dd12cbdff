"""The commands of `looplet-compile` on packages, in click: build, open, compare, sign, pin.

As in `table`, each returns an Answer, and what it needs is loaded when it runs.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from looplet.compiler.cli import Answer
from looplet.compiler.commands.indexed import indexed
from looplet.compiler.commands.table import FORMATS, _colored, _faulty, _render, commands


@commands.command()
@click.argument("path", metavar="CARTRIDGE")
@click.option("-o", "--output", "out", default="", metavar="DIR", help="Where to, if not dist/.")
@click.option("--format", "form", type=click.Choice(("zip", "wheel")), default="zip")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def build(path: str, out: str, form: str, as_json: bool) -> Answer:
    """Make one file of a cartridge.

    Checks it and writes dist/NAME-VERSION.cartridge, or with --format wheel what pip installs. The
    same files give the same bytes, wherever it is built. CARTRIDGE is a folder, a package, or the
    name of an installed one.
    """
    from looplet.compiler.commands.build import build as make

    return make(path, out, form, as_json=as_json)


@commands.command()
@click.argument("file", metavar="FILE")
@click.argument("folder", metavar="DIR")
@indexed("file")
def unpack(file: str, folder: str) -> Answer:
    """Make a folder of a package.

    Judges all of FILE first; then its files are in DIR, which must be new or empty, or nothing is.
    """
    from looplet.compiler.commands.build import unpack as put

    return put(file, folder)


@commands.command("hash")
@click.argument("path")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def hash_(path: str, as_json: bool) -> Answer:
    """Print a cartridge's digests.

    Of the tree (names, modes and bytes of all files, parents included), of the meaning (a comment
    does not change it), of the archive: that at PATH, or the one that `build` would write.
    """
    from looplet.compiler.commands.build import hash_ as digests

    return digests(path, as_json=as_json)


@commands.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False))
@click.option("--skip-bad", is_flag=True, help="Leave out files that are no packages.")
def index(folder: str, skip_bad: bool) -> Answer:
    """Make a folder of packages a registry.

    Writes index.json, which `--index` reads, index.html to look at, and simple/ for pip, into DIR.
    Any web server can hand it out. Exits with 1 if a file there is refused.
    """
    from looplet.compiler.commands.index import index as write

    return write(folder, skip_bad=skip_bad)


@commands.command()
@click.argument("requirement", metavar="NAME[==VERSION]")
@click.option(
    "--index",
    "where",
    metavar="URL-or-DIR",
    envvar="LOOPLET_INDEX",
    required=True,
    help="The index to find it in, or the variable LOOPLET_INDEX.",
)
@click.option("-o", "--output", "folder", default="", metavar="DIR", help="Where to put the file.")
@click.option("--format", "form", type=click.Choice(("zip", "wheel")), help="Only this kind.")
def fetch(requirement: str, where: str, folder: str, form: str | None) -> Answer:
    """Get a package from an index.

    Its bytes are those that the index lists, or nothing is written. Nothing of it is run.
    """
    from looplet.compiler.commands.fetch import fetch as get

    suffix = {None: "", "zip": ".cartridge", "wheel": ".whl"}[form]
    return get(requirement, where, folder, suffix)


@commands.command()
@click.argument("path")
@click.option("--check", "checking", is_flag=True, help="Write nothing; exit with 1 if it differs.")
@click.option("--installed", is_flag=True, help="With --check: also see what is installed here.")
@click.option("--requirements", is_flag=True, help="Print what pip --require-hashes takes.")
@click.option("--upgrade", is_flag=True, help="Take the newest versions, and keep none.")
@click.option("--resolver", type=click.Choice(("uv", "pip")), help="Who resolves Python packages.")
@click.option("--allow-builds", is_flag=True, help="Let it build packages, which runs their code.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
def lock(
    path: str,
    checking: bool,
    installed: bool,
    requirements: bool,
    upgrade: bool,
    resolver: str | None,
    allow_builds: bool,
    form: str,
) -> Answer:
    """Pin what a cartridge executes.

    Writes cartridge.lock: parents, Python packages, servers and the model of the cartridge at PATH.
    Asks pip or uv, and npm, so it needs their indexes; with --check it needs nothing.
    """
    from looplet.compiler.commands import lock as locks
    from looplet.compiler.pipeline import check as check_one

    making = upgrade or allow_builds or resolver is not None
    if ((checking or requirements) and making) or (checking and requirements):
        raise click.UsageError("--check and --requirements write nothing; give one option alone")
    if installed and not checking:
        raise click.UsageError("--installed goes with --check")
    report = check_one(path)
    preset = report.cartridges[0].preset
    if preset is None:
        return _faulty(report, form)
    asked = locks.Asked(path, preset, lambda found: _render(found, form))
    if checking:
        return locks.check_lock(asked, installed)
    if requirements:
        return locks.print_requirements(asked)
    try:
        return locks.write_lock(asked, resolver, upgrade, allow_builds)
    except locks.NotAFolder as error:
        raise click.UsageError(str(error)) from None


@commands.command()
@click.argument("file", metavar="FILE", type=click.Path(exists=True))
@click.option("--key", required=True, metavar="KEY", help="A private Ed25519 key, or a .pub file.")
@click.option("--expires", metavar="DATE", help="Until when it holds, such as 2027-01-31 (UTC).")
@click.option("-o", "--output", "out", default="", metavar="OUT", help="Where to, if not to FILE.")
def sign(file: str, key: str, expires: str | None, out: str) -> Answer:
    """Sign a package.

    Adds an attestation to FILE, which was built as a zip or a wheel, and changes nothing else. KEY
    is as `ssh-keygen -t ed25519` or `openssl genpkey -algorithm ed25519` makes it; with a .pub file
    the ssh-agent signs.
    """
    from looplet.compiler.commands.sign import sign as make

    return make(file, key, expires, out)


@commands.command()
@click.argument("file", metavar="FILE", type=click.Path(exists=True))
@click.option("--trust", "trust_file", metavar="TRUST", help="The trust file, if not your own.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def verify(file: str, trust_file: str | None, as_json: bool) -> Answer:
    """Tell whose package this is.

    Answers with one word, and exits with: 0 valid, 1 invalid, 3 unsigned, 4 untrusted, 5 expired,
    6 cannot-verify. Whose keys count is in ~/.config/looplet/trust.json. Nothing of FILE is run.
    """
    from looplet.compiler.commands.verify import verify as judge

    return judge(file, trust_file, as_json=as_json)


@commands.command("diff")
@click.argument("paths", nargs=-1, required=True, metavar="OLD NEW")
@click.option("--git", metavar="REV", help="Compare with a revision: --git main CARTRIDGE.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "markdown", "github")),
    default="text",
    show_default=True,
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--fail-on",
    type=click.Choice(("any", "behaviour", "risk", "never")),
    default="any",
    show_default=True,
    help="Exit with 1 only for changes of this weight, or more.",
)
@click.option("--no-cache", is_flag=True, help="Forget what earlier checks learned.")
@indexed("paths")
def diff(
    paths: tuple[str, ...], git: str | None, form: Any, as_json: bool, fail_on: str, no_cache: bool
) -> Answer:
    """Compare cartridges by meaning.

    OLD and NEW are folders, packages, or names of installed cartridges; with --git, one folder is
    compared with how it was. Exits with 0 if they mean the same, with 1 if not, with 2 if one of
    them does not check clean. Nothing of them is run.
    """
    from looplet.compiler.commands import diff as diffs

    if len(paths) != (2 if git is None else 1):
        raise click.UsageError("write diff OLD NEW, or diff --git REV CARTRIDGE")
    try:
        old, new = diffs.sides(paths[0], paths[-1], git, cache=not no_cache)
    except diffs.CannotRead as error:
        raise click.UsageError(str(error)) from None
    color = _colored(sys.stdout), _colored(sys.stderr)
    return diffs.diff(old, new, "json" if as_json else form, fail_on, color=color)


@commands.command()
@click.argument("path")
@click.option("--all", "every", is_flag=True, help="Show every place, not only the first ones.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON, with every place.")
@indexed("path")
def capabilities(path: str, every: bool, as_json: bool) -> Answer:
    """Tell what a cartridge's code can reach.

    Files, network, processes, environment, the model: read from the code at PATH, which is not run,
    beside what cartridge.json declares, with the places. Exits with 1 if something is undeclared.
    """
    from looplet.compiler.commands.capabilities import Broken
    from looplet.compiler.commands.capabilities import capabilities as tell

    try:
        return tell(path, as_json=as_json, every=every)
    except Broken as error:
        return _faulty(error.report, "json" if as_json else "text")


__all__ = ["commands"]
