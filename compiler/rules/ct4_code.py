"""CT4, part one: what any Python file of a cartridge can have wrong."""

from __future__ import annotations

from looplet.compiler.diagnostics import quote, rule


def did_you_mean(near: str | None) -> str:
    """The end of a message that has a suggestion."""
    return f"; did you mean {quote(near)}?" if near else ""


@rule("CT401", "python-syntax", "error")
def syntax(why: str) -> str:
    """A Python file is not Python, so nothing of it can run.

    The message is the one of Python's own parser, and so is the place; the mistake is often just
    before it. A file nested deeper than the parser can follow gets this code too.

    Bad:

        def execute(*, query: str)
            return query

    Good:

        def execute(*, query: str):
            return query
    """
    return f"this is not Python: {why}"


@rule("CT402", "python-encoding", "error")
def encoding(why: str) -> str:
    """A Python file has bytes that are not text in the encoding it claims.

    Python files are UTF-8, unless a comment in one of the first two lines names another encoding.
    Save the file as UTF-8 and remove such a comment.
    """
    return f"the file cannot be decoded: {why}; save it as UTF-8"


@rule("CT403", "python-not-checked", "warning")
def not_checked(why: str) -> str:
    """A Python file is so large that it is not checked.

    Parsing it would take many seconds at each check. A file of that size is usually data: put the
    data into a file of its own (JSON, text, SQLite) and read it when it is needed.
    """
    return f"this file {why} and is not checked; move its data to a file of another kind"


@rule("CT404", "module-always-exits", "error")
def module_exits(what: str) -> str:
    """Loading the file always ends in an exception or an exit, so nothing in it can be used.

    A tool, hook or resource is loaded as a module; its top level must come to an end. What belongs
    to a script stands under `if __name__ == "__main__":`.

    Bad:

        def execute(*, query: str): ...
        sys.exit(0)

    Good:

        def execute(*, query: str): ...
        if __name__ == "__main__":
            sys.exit(0)
    """
    return (
        f"loading this file always ends here ({quote(what)}); remove the line or put it under "
        '`if __name__ == "__main__":`'
    )


@rule("CT405", "unknown-import", "warning")
def unknown_import(module: str, near: str | None, distribution: str) -> str:
    """An import names a module that nothing provides or declares.

    It is not in the standard library, not a file of the cartridge beside the importing file or at
    its root, and not among the `dependencies` of `cartridge.json`. It may be installed here; on the
    next machine it is not. Declare the distribution that brings it:

        "dependencies": ["requests>=2.31"]

    An import inside `try: … except ImportError:` is taken as optional, one under `TYPE_CHECKING` is
    not looked at.
    """
    if near:
        return f"nothing provides the module {quote(module)}{did_you_mean(near)}"
    return (
        f"nothing provides the module {quote(module)}; add {quote(distribution)} to `dependencies` "
        "in cartridge.json"
    )


@rule("CT406", "unresolved-relative-import", "error")
def relative_import(written: str, leaves: bool, near: str | None) -> str:
    """A relative import leads to nothing, or out of the cartridge.

    `from .x import y` looks for `x.py` in the folder of the importing file, `from ..x import y` one
    folder further up, at most at the cartridge's root. What lies above is not part of the
    cartridge and would not travel with it.
    """
    if leaves:
        return (
            f"the import {quote(written)} leads out of the cartridge; copy the module into it and "
            "use fewer dots"
        )
    hint = did_you_mean(near) or "; check the name and the number of dots"
    return f"the import {quote(written)} leads to no file of the cartridge{hint}"


@rule("CT407", "missing-function", "error")
def missing_function(function: str, role: str, near: str | None) -> str:
    """The file lacks the function that makes it what it is.

    | file | function |
    |---|---|
    | `tools/<name>/execute.py`, `tools/<name>.py` | `def execute(ctx, *, …)` |
    | `resources/<name>.py` | `def build(runtime=None)` |
    | `memory/*.py` | `def load(state)` |
    | `evals/scripts/*.py` | `def reply(messages, last_result)` |

    `def exceute` is renamed by `--fix`.
    """
    if near:
        return (
            f"{role} needs a function {quote(function)}, not {quote(near)}{did_you_mean(function)}"
        )
    return f"{role} needs a function {quote(function)}; define `def {function}`"


@rule("CT408", "not-a-function", "error")
def not_a_function(function: str, found: str) -> str:
    """The name that must be a function is bound to something that cannot be called.

    Bad:

        execute = "search"

    Good:

        def execute(*, query: str) -> list[str]: ...
    """
    return f"{quote(function)} is {found}; it must be a function"


@rule("CT409", "generator-function", "error")
def generator(function: str) -> str:
    """The function has a `yield`, so calling it runs nothing and gives a generator.

    A tool returns its whole result, which JSON can hold; a resource returns the object; a hook
    method returns its answer. Collect what you would yield and return it.

    Bad:

        def execute(*, path: str):
            for line in open(path):
                yield line

    Good:

        def execute(*, path: str) -> list[str]:
            with open(path) as file:
                return file.readlines()
    """
    return f"{quote(function)} is a generator (it has a `yield`); return the whole value instead"


@rule("CT410", "always-fails", "error")
def always_fails(function: str, what: str) -> str:
    """A constructor, `build` or `load` that raises or exits each time it is called.

    The agent could never start. Often a line was left from writing the file
    (`raise NotImplementedError`).
    """
    return f"{quote(function)} always ends here ({quote(what)}), so the agent cannot start"
