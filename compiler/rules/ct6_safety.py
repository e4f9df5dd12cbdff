"""CT6: permissions, paths and secrets."""

from __future__ import annotations

from collections.abc import Sequence

from looplet.compiler.diagnostics import listing, quote, rule


@rule("CT601", "permission-for-unknown-tool", "error")
def unknown_tool(name: str, near: str | None, tools: Sequence[str]) -> str:
    """A rule, or a setting of a builtin hook, names a tool that the cartridge does not have.

    A `deny` with a typo denies nothing, and a limit limits nothing. The name is that of a folder in
    `tools/`, of a builtin tool, or, in a rule, `*` for every tool.
    """
    known = f"did you mean {quote(near)}?" if near else f"the tools are {listing(tools)}"
    return f"this rule is about {quote(name)}, which no tool is; {known}"


@rule("CT602", "permission-for-unknown-argument", "error")
def unknown_argument(tool: str, name: str, near: str | None, known: Sequence[str]) -> str:
    """A permission rule looks at an argument that the tool does not have.

    Such a rule never matches, so what it should have denied goes through.
    """
    hint = f"did you mean {quote(near)}?" if near else f"its arguments are {listing(known)}"
    if tool == "*":
        hint = hint.replace("its", "the", 1) if known else "none has any"
        return f"no tool has an argument {quote(name)}; {hint}"
    if not near and not known:
        hint = "it has no arguments"
    return f"the tool {quote(tool)} has no argument {quote(name)}; {hint}"


@rule("CT603", "weaker-than-parent", "error")
def weaker(default: str, parent: str) -> str:
    """A cartridge asks for a laxer `default` than the one it inherits.

    Permissions only ever grow stricter down the line: the parent's default would win, and this
    line would say something that is not so.
    """
    return f"the parent's default is {quote(parent)}; a child cannot weaken it to {quote(default)}"


@rule("CT604", "rule-never-matches", "error")
def never_matches(tool: str, name: str, why: str) -> str:
    """A rule compares an argument with a value that the argument can never have.

    `matches` is equality with the value as it is typed, `contains` looks for a part of a text. A
    `deny` that never matches denies nothing.
    """
    return f"the argument {quote(name)} of {quote(tool)} {why}, so this rule never matches"


@rule("CT605", "path-leaves-folder", "error")
def path_leaves(path: str) -> str:
    """A value names a file outside the cartridge, by an absolute path or by `..`.

    It would not travel with the cartridge, and could be any file of the machine it runs on.
    """
    return f"{quote(path)} leads out of the cartridge; put the file into the folder"


@rule("CT606", "secret", "warning")
def secret(kind: str) -> str:
    """A text looks like a live key or token.

    Whoever gets the cartridge gets the key. Take it out, revoke it, and let the host provide it:
    as an environment variable, or as an input (`${runtime.api_key}`).
    """
    return f"this looks like {kind}; take it out, revoke it, and give it as an input instead"


@rule("CT607", "denied-and-allowed", "warning")
def contradiction(name: str, winner: str, loser: str) -> str:
    """The same rule stands in two lists.

    `deny` is decided before `ask`, and `ask` before `allow`, so the later one never counts.
    """
    return f"{quote(name)} is in `{winner}` as well as in `{loser}`; `{winner}` wins, always"


@rule("CT608", "done-denied", "warning")
def done_denied(name: str) -> str:
    """The tool that ends the run is denied, so no run can finish."""
    return f"the done tool {quote(name)} is denied, so no run can finish; allow it"
