"""What the command line of a server starts: which package in which version, image, file, program.

Pure: words in, a Launch out; nothing is run or looked for. What a program would only decide when it
starts (the newest version, a branch, the text of a shell) is refused, and so is an option that is
not known, since the word behind it could be its value or the package.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Sequence
from typing import Final, NamedTuple

from looplet.compiler.locking.handed_on import FETCHERS, handed_on, plain, steering
from looplet.compiler.locking.launcher_options import (
    CONTAINER_FLAGS,
    CONTAINER_VALUES,
    NPM_FETCHES,
    NPM_FLAGS,
    NPM_LOCAL,
    NPM_VERBS,
    PIPX_FLAGS,
    UVX_FLAGS,
)
from looplet.compiler.locking.names import distribution, requirement_name

NPM_NAME: Final = re.compile(r"(?:@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~][a-z0-9._~-]*", re.I)
NPM_VERSION: Final = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
PYTHON_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
PYTHON_VERSION: Final = re.compile(
    r"(?:\d+!)?\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?(?:\.post\d+)?(?:\.dev\d+)?(?:\+[a-z0-9.]+)?"
)
IMAGE: Final = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")
_IS_PYTHON: Final = re.compile(r"(?:python|pypy)w?(?:\d+(?:\.\d+)*)?t?(?:-\w+)?|pyw?")
_DIRECTLY: Final = "start the program itself"
ROOT: Final = "${runtime.cartridge_root}"
PYTHON: Final = "${runtime.python_executable}"


class Unpinned(ValueError):
    """A command that does not say what it starts. why: goes on `the command …`; instead: advice."""

    def __init__(self, why: str, instead: str) -> None:
        super().__init__(f"{why}; {instead}")
        self.why, self.instead = why, instead


class Launch(NamedTuple):
    """What is started.

    kind: "npm" or "python": `packages`, (name, version) each, fetched when it starts; "image": the
        container image `what`; "file": `what` of the cartridge; "environment": `what` of the Python
        packages that are installed; "program": `what` of the machine.
    loose: what is not pinned by this, in words; empty if all is.
    """

    kind: str
    what: str = ""
    packages: tuple[tuple[str, str], ...] = ()
    loose: str = ""


class _Scene(NamedTuple):
    """What a command line is read with: the cartridge's files and requirements, and where it is."""

    files: Collection[str]
    requires: Collection[str]
    cwd: str


def launch(
    argv: Sequence[str],
    files: Collection[str] = (),
    requires: Collection[str] = (),
    cwd: str = "",
    env: Collection[str] = (),
) -> Launch:
    """What `argv` starts. Raises Unpinned.

    files: the paths of the cartridge's files. requires: its requirements. cwd: where it is started,
    as written in config.yaml. env: the names of the variables that it gets.
    """
    scene = _Scene(files, requires, cwd)
    program, *words = _without_wrappers(argv)
    found = _started(program, words, scene)
    for other, *behind in handed_on(words):
        found = _with(found, _started(other, behind, scene))
    if found.packages or found.kind == "image":
        assigned = [word.partition("=")[0] for word in argv if "=" in word]
        if name := steering([*env, *assigned]):
            raise Unpinned(
                f"gets the variable `{name}`, which decides what is fetched or loaded",
                "leave it out, or set it in the settings of that program",
            )
    return found


def _with(outer: Launch, inner: Launch) -> Launch:
    """What is started, and what that gets to start."""
    if inner.packages and outer.kind == inner.kind:
        more = [each for each in inner.packages if each not in outer.packages]
        return outer._replace(packages=(*outer.packages, *more))
    what = ", ".join(" ".join(each) for each in inner.packages) or inner.what
    loose = f"what it is told to start, `{what}`, is pinned by its command line alone"
    return outer._replace(loose=f"{outer.loose}; {loose}" if outer.loose else loose)


def _started(program: str, words: list[str], scene: _Scene) -> Launch:
    if program == PYTHON:
        return _python(words, scene, PYTHON)
    if (inside := _inside(program, scene)) is not None:
        return _file(inside, scene)
    if "${" in program:
        raise _only_a_run_knows(program)
    name = plain(program)
    if _IS_PYTHON.fullmatch(name):
        return _python(words, scene, name)
    if starter := _STARTERS.get(name):
        return starter(name, words, scene)
    if distribution(name) in {distribution(requirement_name(each)) for each in scene.requires}:
        return Launch("environment", distribution(name))
    return Launch("program", program, loose=f"`{name}` is whatever this machine has of that name")


def _only_a_run_knows(what: str) -> Unpinned:
    return Unpinned(f"starts `{what}`, which only a run knows", "write what it is")


def _without_wrappers(argv: Sequence[str]) -> list[str]:
    """The words without `env A=b` and `cmd /c` before them, which start just what follows."""
    words = list(argv)
    while words:
        name = plain(words[0])
        if name == "cmd" and len(words) > 2 and words[1].lower() == "/c":
            words = words[2:]
            if odd := next((word for word in words if re.search(r"[&|<>^%]", word)), ""):
                raise Unpinned(f"hands `{odd}` to `cmd`, which reads more in it", _DIRECTLY)
        elif name == "env" and len(words) > 1:
            rest = words[1:]
            while rest and re.match(r"[A-Za-z_]\w*=", rest[0]):
                rest = rest[1:]
            if not rest or rest[0].startswith("-"):
                raise Unpinned("uses options of `env`", "give the variables in `env:`")
            words = rest
        else:
            return words
    raise Unpinned("is empty", "name the program that starts the server")


# ── what a registry has ───────────────────────────────────────────────────────────────────────────


def _npm(name: str, words: Sequence[str], scene: _Scene) -> Launch:
    """npx, bunx, `npm exec`, `pnpm dlx`, `bun x`, `yarn dlx`."""
    verbs = NPM_VERBS.get(name, ())
    if verbs:
        if not words or words[0] not in verbs:
            return _local(name, words, scene)
        words = words[1:]
        words = _options_first(words) if name == "npm" else words
    specs: list[str] = []
    rest = _options(name, words, NPM_FLAGS, {"-p": specs, "--package": specs})
    if name == "npm":
        rest = [word for word in rest if word != "--"]
    if not specs:
        specs = rest[:1]
    if not specs:
        raise Unpinned("names no package", f"write `{name} … PACKAGE@VERSION`")
    return Launch("npm", packages=tuple(map(_npm_package, specs)), loose=_BELOW_NPM)


def _local(name: str, words: Sequence[str], scene: _Scene) -> Launch:
    """What npm, pnpm, yarn and bun start without fetching it."""
    verb = words[0] if words else ""
    fetches = verb not in NPM_LOCAL if name == "npm" and verb else verb in NPM_FETCHES
    if fetches or verb.startswith("-"):
        raise Unpinned(f"uses `{name} {verb}`, which may fetch what it starts", _write("npm"))
    return _script(name, words, scene)


def _options_first(words: Sequence[str]) -> list[str]:
    """The words of `npm exec`, which reads options behind the package too, up to `--`."""
    head, rest = list(words), []
    if "--" in words:
        head, rest = head[: head.index("--")], head[head.index("--") :]
    options: list[str] = []
    others: list[str] = []
    while head:
        word = head.pop(0)
        (options if word.startswith("-") else others).append(word)
        if word in ("-p", "--package") and head:
            options.append(head.pop(0))
    return [*options, *others, *rest]


_BELOW_NPM: Final = (
    "npm picks the newest versions of what it depends on at each start; a package that bundles "
    "them, or an image by its digest, would hold those too"
)


def _npm_package(spec: str) -> tuple[str, str]:
    at = spec.find("@", 1)
    name, version = (spec, "") if at < 0 else (spec[:at], spec[at + 1 :])
    if not NPM_NAME.fullmatch(name) or ":" in version or "/" in version:
        raise Unpinned(f"starts `{spec}`, which is no package in a version", _write("npm"))
    if not NPM_VERSION.fullmatch(version):
        raise Unpinned(_open(spec, version), f"write the exact version: `{name}@1.2.3`")
    return name, version


def _uvx(name: str, words: Sequence[str], scene: _Scene) -> Launch:
    if name == "uv":
        if list(words[:2]) != ["tool", "run"]:
            raise Unpinned(
                "has uv set up a project when it starts, which the lock cannot hold",
                f"write `uvx PACKAGE==VERSION`, or `{PYTHON} -m MODULE` with the package among the "
                "`dependencies`",
            )
        words = words[2:]
    source: list[str] = []
    more: list[str] = []
    taken = {"--from": source, "--with": more, "-w": more}
    asides = ("-p", "--python", "--prerelease", "--color", "--link-mode")
    aside: dict[str, list[str]] = {option: [] for option in asides}
    rest = _options(name, words, UVX_FLAGS, {**taken, **aside})
    _refuse_open(aside)
    return _python_tool(name, source or rest[:1], [w for each in more for w in each.split(",")])


def _pipx(name: str, words: Sequence[str], scene: _Scene) -> Launch:
    if not words or words[0] != "run":
        verb = " ".join(["pipx", *words[:1]])
        raise Unpinned(f"uses `{verb}`, which may fetch what it starts", _write("python"))
    source: list[str] = []
    more: list[str] = []
    aside: dict[str, list[str]] = {"--python": []}
    rest = _options(name, words[1:], PIPX_FLAGS, {"--spec": source, "--with": more, **aside})
    _refuse_open(aside)
    return _python_tool(name, source or rest[:1], more)


def _refuse_open(options: dict[str, list[str]]) -> None:
    """Refuse the interpreter that only a run knows."""
    for value in (value for values in options.values() for value in values):
        if "${" in value:
            raise _only_a_run_knows(value)


def _python_tool(name: str, specs: Sequence[str], more: Sequence[str]) -> Launch:
    if not specs:
        raise Unpinned("names no package", f"write `{name} … PACKAGE==VERSION`")
    packages = tuple(map(_python_package, [*specs, *more]))
    return Launch("python", packages=packages, loose=_BELOW_PYTHON.format(name=name))


_BELOW_PYTHON: Final = (
    "{name} picks the newest versions of what it depends on; among the `dependencies` of "
    "cartridge.json they would all be locked"
)


def _python_package(spec: str) -> tuple[str, str]:
    found = re.fullmatch(r"([^\[=@<>~!;\s]+)(?:\[[\w.,\s-]*\])?\s*(?:(===?|@)\s*(.*))?", spec)
    if not found or not PYTHON_NAME.fullmatch(found[1]):
        if re.match(r"[A-Za-z0-9._-]+(?:\[[\w.,-]*\])?\s*[<>~!]", spec):
            raise Unpinned(_open(spec, spec), "write the exact version: `PACKAGE==1.2.3`")
        raise Unpinned(f"starts `{spec}`, which is no package in a version", _write("python"))
    version = (found[3] or "").strip()
    if "/" in version or ":" in version:
        raise Unpinned(f"starts `{spec}`, which is no package in a version", _write("python"))
    if not PYTHON_VERSION.fullmatch(version.lower()):
        raise Unpinned(_open(spec, version), f"write the exact version: `{found[1]}==1.2.3`")
    return distribution(found[1]), version


def _open(spec: str, version: str) -> str:
    if "${" in spec:
        return f"leaves the version of `{spec}` to an input"
    if not version:
        return f"starts whatever is the newest `{spec}`"
    return f"starts `{spec}`, which is another version after the next release"


def _write(kind: str) -> str:
    example = "`npx -y PACKAGE@1.2.3`" if kind == "npm" else "`uvx PACKAGE==1.2.3`"
    return f"start a published version of it, such as {example}, or put it into the cartridge"


def _options(
    name: str, words: Sequence[str], flags: Collection[str], taken: dict[str, list[str]]
) -> list[str]:
    """The words behind the options. `taken` gets the values of the options that have one."""
    rest = list(words)
    while rest and rest[0].startswith("-"):
        option, equals, value = rest.pop(0).partition("=")
        if option == "--":
            break
        if option in taken:
            if not equals and not rest:
                raise Unpinned(f"ends in `{option}`", "give it its value")
            taken[option].append(value if equals else rest.pop(0))
        elif option not in flags or equals:
            raise _option(option, name)
    return rest


def _option(option: str, name: str) -> Unpinned:
    return Unpinned(
        f"has the option `{option}` of {name}, with which it may start something else",
        "leave it out, or set it in the settings of that program",
    )


# ── images, files, Python, programs ───────────────────────────────────────────────────────────────


def _container(name: str, words: Sequence[str], scene: _Scene) -> Launch:
    if list(words[:2]) == ["container", "run"]:
        words = words[1:]
    if not words or words[0] != "run":
        raise Unpinned(
            f"uses `{name} {' '.join(words[:1])}`, which does not say what is started",
            f"write `{name} run -i --rm IMAGE@sha256:…`",
        )
    image = next(iter(_behind_options(name, words[1:])), "")
    if IMAGE.fullmatch(image):
        return Launch("image", image)
    if not image:
        raise Unpinned("names no image", f"write `{name} run -i --rm IMAGE@sha256:…`")
    short = image.partition("@")[0]
    raise Unpinned(
        f"starts the image `{image}`, which may be another one tomorrow",
        f"write it with its digest, `{short}@sha256:…`, which `{name} inspect` shows",
    )


def _behind_options(name: str, words: Sequence[str]) -> list[str]:
    """The words behind the options of `docker run`: short ones stand in rows, with a value at the
    end, or behind it."""
    rest = list(words)
    while rest and rest[0].startswith("-"):
        word = rest.pop(0)
        option, equals, _ = word.partition("=")
        if option == "--":
            break
        if not option.startswith("--"):
            takes = next((at for at, char in enumerate(word[1:], 2) if char not in "itdPq"), 0)
            has_value = takes == len(word)
        elif option in CONTAINER_FLAGS:
            has_value = False
        elif option in CONTAINER_VALUES:
            has_value = not equals
        else:
            raise _option(option, name)
        if has_value:
            rest = rest[1:]
    return rest


def _python(words: Sequence[str], scene: _Scene, program: str) -> Launch:
    loose = "" if program == PYTHON else f"`{program}` is the one on PATH; write `{PYTHON}`"
    rest = list(words)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest.pop(0)
        if word.startswith("--"):
            rest = rest[1:] if word == "--check-hash-based-pycs" else rest
            continue
        # Letters stand in rows, and the value behind the last of them, or as the next word.
        at = next((at for at, char in enumerate(word) if char in "cmWX"), 0)
        if not at:
            continue
        if not word[at + 1 :] and not rest:
            raise Unpinned(f"ends in `{word}`", "give it its value")
        value = word[at + 1 :] or rest.pop(0)
        if word[at] == "c":
            code = "the code on its command line may start anything"
            return Launch("environment", "-c", loose=f"{loose}; {code}" if loose else code)
        if word[at] == "m":
            return _module(value, rest, scene, loose)
    if rest and (inside := _inside(rest[0], scene)) is not None:
        return _file(inside, scene)._replace(loose=loose)
    what = rest[0] if rest else program
    if rest and "${" in what:
        raise _only_a_run_knows(what)
    return Launch("program", what, loose=f"`{what}` is a file of the machine")


def _module(module: str, words: Sequence[str], scene: _Scene, loose: str) -> Launch:
    if "${" in module:
        raise _only_a_run_knows(module)
    for name in (module.partition(".")[0], module.rpartition(".")[2]):
        if name in FETCHERS:
            return _STARTERS[name](name, words, scene)
    if not scene.requires and not loose:
        loose = f"no `dependencies` say which package has `{module}`"
    return Launch("environment", module, loose=loose)


def _shell(name: str, words: Sequence[str], scene: _Scene) -> Launch:
    text = {"cmd": r"/[ckr]", "pwsh": _TEXT, "powershell": rf"{_TEXT}|[^-]"}.get(name, r"-\w*c\Z")
    if any(re.match(text, word.lower()) for word in words):
        raise Unpinned(f"hands a text to `{name}`, which may start anything", _DIRECTLY)
    return _script(name, words, scene)


_TEXT: Final = r"-(?:c|e\Z|ec\Z|en)"
"""The options of PowerShell, in all their abbreviations, that a text follows."""


def _script(name: str, words: Sequence[str], scene: _Scene) -> Launch:
    """An interpreter and what it runs: a file of the cartridge, or of the machine."""
    for word in words:
        if re.match(r"(?:npm|jsr|https?|git\+\w+):", word):
            raise Unpinned(f"has {name} fetch `{word}` when it starts", _write("npm"))
    # The first word that is no option: a file behind it is an argument, not what is started.
    behind = words[1:] if words[:1] == ["run"] else words
    first = next((word for word in behind if not word.startswith("-")), "")
    if first and (inside := _inside(first, scene)) is not None and inside in scene.files:
        return Launch("file", inside, loose=f"it needs the `{name}` of this machine")
    if "${" in first:
        raise _only_a_run_knows(first)
    return Launch("program", name, loose=f"`{name}` is whatever this machine has of that name")


def _fetching(name: str, words: Sequence[str], scene: _Scene) -> Launch:
    if name == "go" and words[:1] != ["run"]:
        return _script(name, words, scene)
    raise Unpinned(
        f"has `{name}` fetch what it starts, which the lock cannot hold",
        "start a program that is installed, or an image by its digest",
    )


def _inside(word: str, scene: _Scene) -> str | None:
    """The path in the cartridge that a word means; None if it means none."""
    path = word.replace("\\", "/")
    if path.startswith(ROOT) and "${" in path[len(ROOT) :]:
        raise _only_a_run_knows(word)
    if path == ROOT or path.startswith(ROOT + "/"):
        return posixpath.normpath(path[len(ROOT) :].lstrip("/") or ".")
    if not (scene.cwd + "/").startswith(ROOT + "/") or path.startswith(("/", "-", "${")):
        return None
    inside = posixpath.normpath(posixpath.join(scene.cwd[len(ROOT) :].lstrip("/"), path))
    return inside if inside in scene.files else None


def _file(inside: str, scene: _Scene) -> Launch:
    if inside not in scene.files:
        raise Unpinned(
            f"starts `{inside}`, which is no file of the cartridge",
            "put it there, or mend the path",
        )
    return Launch("file", inside)


_STARTERS: Final[dict[str, Callable[[str, Sequence[str], _Scene], Launch]]] = {
    **dict.fromkeys(("npx", "pnpx", "bunx", *NPM_VERBS), _npm),
    **dict.fromkeys(("uvx", "uv"), _uvx),
    "pipx": _pipx,
    **dict.fromkeys(("docker", "podman", "nerdctl"), _container),
    **dict.fromkeys(
        ("sh", "bash", "dash", "zsh", "fish", "ksh", "cmd", "pwsh", "powershell"), _shell
    ),
    **dict.fromkeys(("node", "nodejs", "deno", "ruby", "perl", "java", "php"), _script),
    **dict.fromkeys(("go", "nix", "dnx", "jbang"), _fetching),
}


__all__ = ["Launch", "Unpinned", "launch"]
