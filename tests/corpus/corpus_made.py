"""Broken cartridges that no repository can hold: devices, loops of links, bytes that are no names,
texts of megabytes. Each is made in a temporary folder by a function, from a copy of the base."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from corpus_cases import Case, Found


@dataclass(frozen=True)
class Made:
    """A case whose cartridge a function makes; `make` gets the base and gives the path to check."""

    name: str
    why: str
    make: Callable[[Path], Path]
    expect: tuple[Found, ...]
    limits: tuple[tuple[str, int], ...] = ()
    """Limits of the `source` pass to lower, where the true one would take seconds to reach."""

    def build(self, folder: Path) -> Path:
        return self.make(Case(self.name, self.why, ()).build(folder))


MADE: list[Made] = []


def made(
    why: str, *expect: Found, **limits: int
) -> Callable[[Callable[[Path], Path | None]], None]:
    """Enter a function into the table; without a result, the base it changed is checked."""

    def enter(make: Callable[[Path], Path | None]) -> None:
        name = make.__name__.replace("_", "-")
        patched = tuple(limits.items())
        MADE.append(Made(name, why, lambda base: make(base) or base, expect, patched))

    return enter


def edited(base: Path, path: str, old: str, new: str) -> None:
    """Replace one piece of a text of the base."""
    text = (base / path).read_text("utf-8")
    assert text.count(old) == 1
    (base / path).write_text(text.replace(old, new), "utf-8")


# ── the folder ────────────────────────────────────────────────────────────────────────────────────


@made("no folder of that name; one beside it is spelt alike", Found("CT001", ""))
def folder_missing(base: Path) -> Path:
    return base.with_name("bas.cartridge")


@made("a path through a file", Found("CT001", ""))
def folder_below_a_file(base: Path) -> Path:
    return base / "config.yaml" / "more"


@made("a null byte in the path", Found("CT001", ""))
def folder_with_null(base: Path) -> Path:
    return Path(f"{base}\0")


@made("a file in place of a folder", Found("CT002", ""))
def folder_is_a_file(base: Path) -> Path:
    return base / "config.yaml"


@made("a named pipe in place of a folder", Found("CT002", ""))
def folder_is_a_pipe(base: Path) -> Path:
    pipe = base.with_name("pipe.cartridge")
    os.mkfifo(pipe)
    return pipe


@made("a device in place of a folder", Found("CT002", ""))
def folder_is_a_device(base: Path) -> Path:
    return Path("/dev/null")


@made("an empty folder", Found("CT003", ""))
def folder_is_empty(base: Path) -> Path:
    empty = base.with_name("empty.cartridge")
    empty.mkdir()
    return empty


@made("a link to itself in place of a folder", Found("CT004", ""))
def folder_is_a_loop(base: Path) -> Path:
    loop = base.with_name("loop.cartridge")
    loop.symlink_to(loop)
    return loop


@made("a path longer than any system takes", Found("CT004", ""))
def folder_name_too_long(base: Path) -> Path:
    return base.with_name("x" * 300)


# ── what lies in it ───────────────────────────────────────────────────────────────────────────────


@made("a link to a file of the machine", Found("CT005", "notes.txt"))
def link_leaves(base: Path) -> None:
    (base / "notes.txt").symlink_to("/etc/hostname")


@made("a link to the folder above", Found("CT005", "up"))
def link_to_the_folder_above(base: Path) -> None:
    (base / "up").symlink_to("..")


@made("a link to a neighbour whose name begins alike", Found("CT005", "other"))
def link_to_a_neighbour(base: Path) -> None:
    base.with_name("base.cartridge2").mkdir()
    (base / "other").symlink_to("../base.cartridge2")


@made("a link that leads nowhere", Found("CT006", "notes.txt"))
def link_broken(base: Path) -> None:
    (base / "notes.txt").symlink_to("gone.txt")


@made("a link to itself", Found("CT006", "notes.txt"))
def link_to_itself(base: Path) -> None:
    (base / "notes.txt").symlink_to("notes.txt")


@made("a link to the folder it lies in", Found("CT006", "data/again"))
def link_in_a_circle(base: Path) -> None:
    (base / "data").mkdir()
    (base / "data" / "again").symlink_to(".")


@made("a named pipe among the files", Found("CT007", "events"))
def pipe(base: Path) -> None:
    os.mkfifo(base / "events")


@made("a named pipe in place of a file that is read", Found("CT007", "runtime.yaml"))
def pipe_runtime(base: Path) -> None:
    (base / "runtime.yaml").unlink()
    os.mkfifo(base / "runtime.yaml")


@made("a socket among the files", Found("CT007", "s"))
def socket_file(base: Path) -> None:
    here = os.getcwd()
    os.chdir(base)  # the path of a socket is limited to 100 bytes
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind("s")
    finally:
        os.chdir(here)


@made("a control character in a name", Found("CT008", "a\x07b.txt"))
def name_with_control(base: Path) -> None:
    (base / "a\x07b.txt").write_text("x")


@made("a line break in a name", Found("CT008", "a\nb.txt"))
def name_with_line_break(base: Path) -> None:
    (base / "a\nb.txt").write_text("x")


@made("a colon in a name", Found("CT008", "notes/10:30.txt"))
def name_with_colon(base: Path) -> None:
    (base / "notes").mkdir()
    (base / "notes" / "10:30.txt").write_text("x")


@made("a backslash in a name", Found("CT008", "a\\b.txt"))
def name_with_backslash(base: Path) -> None:
    (base / "a\\b.txt").write_text("x")


@made("a name that ends in a full stop", Found("CT008", "notes."))
def name_with_full_stop(base: Path) -> None:
    (base / "notes.").write_text("x")


@made("a name that Windows keeps for a device", Found("CT008", "aux.md"))
def name_of_a_device(base: Path) -> None:
    (base / "aux.md").write_text("x")


@made("a name of 250 bytes", Found("CT008", "x" * 250))
def name_too_long(base: Path) -> None:
    (base / ("x" * 250)).write_text("x")


@made("a name that is not UTF-8", Found("CT008", "caf\\udce9.txt"))
def name_not_utf8(base: Path) -> None:
    with open(os.fsencode(base) + b"/caf\xe9.txt", "wb"):
        pass


@made("a file of 65 MiB", Found("CT009", "data.bin"))
def file_too_large(base: Path) -> None:
    with open(base / "data.bin", "wb") as file:
        file.truncate(65 * 1024 * 1024)  # sparse: it takes no room


@made("more files than the limit", Found("CT010", ""), MAX_FILES=100)
def files_too_many(base: Path) -> None:
    many_files(base, 100)


@made("folders 40 deep", Found("CT011", "/".join(["d"] * 32)))
def folders_too_deep(base: Path) -> None:
    deep = base.joinpath(*["d"] * 40)
    deep.mkdir(parents=True)
    (deep / "leaf.txt").write_text("x")


@made("two names that differ in case", Found("CT012", "readme.md"))
def names_differ_in_case(base: Path) -> None:
    (base / "readme.md").write_text("x")


@made("two names that differ in their Unicode form", Found("CT012", "caf\xe9.txt"))
def names_differ_in_form(base: Path) -> None:
    (base / "caf\xe9.txt").write_text("x")
    (base / "cafe\u0301.txt").write_text("x")


# ── texts ─────────────────────────────────────────────────────────────────────────────────────────


@made("100 000 nested brackets", Found("CT110", "config.yaml", 3))
def brackets_yaml(base: Path) -> None:
    edited(base, "config.yaml", "done_tool: done", "x-deep: " + "[" * 100_000)


@made("100 000 nested brackets, closed", Found("CT110", "config.yaml", 3))
def brackets_yaml_closed(base: Path) -> None:
    edited(base, "config.yaml", "done_tool: done", "x-deep: " + "[" * 100_000 + "]" * 100_000)


@made("100 000 nested lists on one line", Found("CT110", "runtime.yaml", 1))
def dashes_yaml(base: Path) -> None:
    (base / "runtime.yaml").write_text("- " * 100_000 + "x\n")


@made("100 000 nested brackets", Found("CT110", "evals/cases/finds.json", 1))
def brackets_json(base: Path) -> None:
    (base / "evals" / "cases" / "finds.json").write_text("[" * 100_000)


@made("100 000 nested brackets", Found("CT110", "tools/search/tool.yaml", 1))
def brackets_tool(base: Path) -> None:
    (base / "tools" / "search" / "tool.yaml").write_text("{a: " * 100_000)


@made("100 000 nested brackets", Found("CT401", "tools/done/execute.py", 1))
def brackets_python(base: Path) -> None:
    (base / "tools" / "done" / "execute.py").write_text("x = " + "(" * 100_000)


@made("100 000 nested brackets", Found("CT514", "prompts/system.md.jinja", 1))
def brackets_prompt(base: Path) -> None:
    (base / "prompts" / "system.md.jinja").write_text(
        "{{ inputs.user.name, inputs.workspace, inputs.depth, " + "(" * 100_000
    )


@made("a number of 10 000 digits", Found("CT111", "config.yaml", 2))
def digits_yaml(base: Path) -> None:
    edited(base, "config.yaml", "max_steps: 8", "max_steps: " + "9" * 10_000)


@made("a number of 10 000 digits", Found("CT111", "cartridge.json", 15))
def digits_json(base: Path) -> None:
    edited(base, "cartridge.json", '"x-ticket": 17', '"x-ticket": ' + "9" * 10_000)


@made("five megabytes of declarations", Found("CT117", "tools/done/tool.yaml"))
def text_too_large(base: Path) -> None:
    (base / "tools" / "done" / "tool.yaml").write_text("# " + "x" * 5_000_000)


@made("a Python file of five megabytes", Found("CT403", "lib.py"))
def python_too_large(base: Path) -> None:
    (base / "lib.py").write_text("DATA = '" + "x" * 5_000_000 + "'\n")


# Keys are put together here, so that no scanner takes this file for a leak.
ANTHROPIC = "sk-ant-" + "api03-Zk3vQ9xT7mB2nR8wL5cJ4hF6"
AWS = "AKIA" + "Z7QX3VN9T2LKW8RP"
GITHUB = "ghp_" + "a8Kd03LmQz7Vx1Tn5Rw9Yb2Cf6Hj4Ps0Ue8G"


@made("a key in runtime.yaml", Found("CT606", "runtime.yaml", 12))
def secret_yaml(base: Path) -> None:
    edited(base, "runtime.yaml", "[END]", f"[END]\n  api_key: {ANTHROPIC}")


@made("a key in a tool's code", Found("CT606", "tools/note/execute.py", 3))
def secret_python(base: Path) -> None:
    edited(base, "tools/note/execute.py", "from pathlib", f'KEY = "{AWS}"\nfrom pathlib')


@made("a key in a prompt", Found("CT606", "prompts/briefing.md", 2))
def secret_prompt(base: Path) -> None:
    with open(base / "prompts" / "briefing.md", "a") as file:
        file.write(f"Use {GITHUB}.\n")


@made("a key in a file that nothing reads", Found("CT606", ".env", 1))
def secret_env(base: Path) -> None:
    (base / ".env").write_text(f"ANTHROPIC_API_KEY={ANTHROPIC}\n")


def unreadable(base: Path) -> Path:
    """A file without permissions; a superuser reads it all the same."""
    (base / "memory" / "long_term.md").chmod(0)
    return base


def many_files(base: Path, count: int) -> Path:
    """`count` files in a folder of data."""
    (base / "data").mkdir()
    for number in range(count):
        (base / "data" / f"{number:05}.txt").touch()
    return base
