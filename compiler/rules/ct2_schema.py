"""CT2: what a file of declarations says against its schema. Found by the `schema` pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from looplet.compiler.diagnostics import listing, quote, rule


def inside(where: str) -> str:
    """The place in a message, if there is one to name."""
    return f" in {quote(where)}" if where else ""


def _in_order(words: Iterable[str], last: str = "or") -> str:
    """Words as the schema orders them: the first is often the usual one."""
    shown = [quote(word) for word in words]
    return f" {last} ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


@rule("CT201", "unknown-key", "error")
def unknown_key(key: str, where: str, near: str | None, scope: str, known: Sequence[str]) -> str:
    """A key that this place does not have.

    A misspelt key would otherwise do nothing, silently: `max_step: 50` would leave the limit at its
    default, and a permission rule with `contain:` would match every call. So every mapping of the
    format is closed, and a key one edit away from a known one comes with a fix.

    Bad:

        max_step: 50

    Good:

        max_steps: 50

    Keys of your own begin with `x-`; they are kept and never read:

        x-reviewed-by: Ada
    """
    start = f"the key {quote(key)} is not known{inside(where)}"
    if near and scope:
        return f"{start}; did you mean {quote(near)}, which belongs {scope}?"
    if near:
        return f"{start}; did you mean {quote(near)}?"
    if scope:
        return f"{start}; it belongs {scope}"
    if len(known) > 8 or not known:
        return f"{start}; a key of your own begins with `x-`"
    return f"{start}; known here are {listing(known)}"


@rule("CT202", "missing-key", "error")
def missing_key(key: str, where: str, what: str) -> str:
    """A key that has to be there is not.

    Bad, a tool that the model is told nothing about:

        name: search

    Good:

        name: search
        description: Search the files of the project. Returns matching lines.
    """
    return f"the key {quote(key)} is missing{inside(where)}; add it, with {what}"


@rule("CT203", "wrong-type", "error")
def wrong_type(where: str, expected: str, got: str) -> str:
    """A value is of another type than its key takes.

    YAML decides the type by the spelling: `5` is a number, `"5"` is a text, `1.10` is the number
    1.1, `[a]` is a list and `a` a text. Where the meaning is plain, a fix rewrites the value.

    Bad:

        max_steps: "20"
        requires: index

    Good:

        max_steps: 20
        requires: [index]
    """
    return f"{quote(where)} must be {expected}, not {got}"


@rule("CT204", "not-one-of", "error")
def not_one_of(where: str, allowed: Sequence[str], got: str, near: str | None) -> str:
    """A value is not one of the words that its key takes.

    Bad:

        permissions:
          default: refuse

    Good:

        permissions:
          default: deny
    """
    if near:
        return f"{got} is not a value of {quote(where)}; did you mean {quote(near)}?"
    return f"{got} is not a value of {quote(where)}; write {_in_order(allowed)}"


@rule("CT205", "out-of-range", "error")
def out_of_range(where: str, why: str) -> str:
    """A number, or the length of a text, list or mapping, is outside of what makes sense.

    Bad:

        max_steps: 0

    Good:

        max_steps: 15
    """
    return f"{quote(where)} {why}"


@rule("CT206", "malformed-name", "error")
def malformed_name(what: str, got: str, shape: str) -> str:
    """A name has characters, or a length, that a name of this kind can't have.

    Names of cartridges and tools are read by file systems, packages and the interfaces of models,
    which agree on little more than letters, digits, `_` and `-`.

    Bad:

        name: search files!

    Good:

        name: search_files
    """
    return f"{got} can't be {what}; write {shape}"


@rule("CT207", "key-of-another-file", "error")
def key_of_another_file(key: str, here: str, place: str) -> str:
    """A key stands in the wrong file.

    `config.yaml` is the contract of the agent and travels with it; `runtime.yaml` is how one host
    runs it; `cartridge.json` names and packages it. A key in the wrong one is not read.

    Bad, in `config.yaml`:

        max_steps: 20
        context_window: 32000

    Good: `max_steps: 20` in `config.yaml` and `context_window: 32000` in `runtime.yaml`.
    """
    return f"the key {quote(key)} is not of {here}; move it to {place}"


@rule("CT208", "word-of-version-1", "error")
def word_of_version_1(word: str, instead: str) -> str:
    """A word of version 1 of the format, which version 2 does without.

    Version 1 had `tags` on tools, several `done_tools`, Python in values (`${py:…}`), and
    `schema_version` 1. Nothing reads them any more, so they are errors and not ignored. The message
    says what to write instead.

    Bad, in `tool.yaml`:

        tags: [writes]

    Good, in the hook that treats these tools alike:

        kwargs:
          writing_tools: [edit_file, delete_file]
    """
    return f"{quote(word)} is a word of version 1 of the format; {instead}"


@rule("CT209", "not-run-here", "error")
def not_run_here(word: str, what: str) -> str:
    """The word is known and spelt right, but this loader does not run what it asks for.

    Other loaders of the format start hooks outside of the process (`kind: lep`, with `server`,
    `view` and `on_failure`), state services (`state_services`) and a gateway to the model
    (`llm_gateway`), or run code in other languages. Running the agent without them would be running
    another agent: a hook that is not run forbids nothing. So it is refused. The bytes are kept.

    Bad, in a hook's `config.yaml`:

        kind: lep
        server: guard-server

    Good, with the class `Guard` in `hook.py` beside it:

        class_name: Guard

    A hook that is switched off with `enabled: false` is not refused.
    """
    return f"{quote(word)} is known, but this loader does not run {what}"


@rule("CT210", "odd-boolean", "error")
def odd_boolean(where: str, got: str, value: str | None) -> str:
    """A truth value is spelt in a way that YAML 1.2 reads as a text or a number.

    `yes`, `no`, `on`, `off` and `"false"` are texts, and a text that is not empty counts as true in
    most programs: `concurrent_safe: "false"` would switch it on. Only `true` and `false` are truth
    values.

    Bad:

        concurrent_safe: no

    Good:

        concurrent_safe: false
    """
    start = f"{quote(where)} must be `true` or `false`, not {got}"
    return f"{start}; write {quote(value)}" if value else start


@rule("CT211", "wrong-top-level", "error")
def wrong_top_level(file: str, got: str) -> str:
    """The file as a whole is not a mapping of keys to values.

    Bad, a `config.yaml` that is a list:

        - max_steps: 20

    Good:

        max_steps: 20
    """
    return f"{file} must be a mapping of keys to values, not {got}"


@rule("CT212", "format-too-new", "error")
def format_too_new(version: str) -> str:
    """The cartridge is written in a later version of the format than this looplet knows.

    What the later version added would be misread, so nothing is read. Install a newer looplet.

    Bad:

        "schema_version": 3

    Good:

        "schema_version": 2
    """
    return f"`schema_version` {version} is later than 2, the latest known here; update looplet"


@rule("CT213", "repeated-item", "error")
def repeated_item(where: str, item: str) -> str:
    """A list that is a set of names has one of them twice.

    Bad:

        requires: [index, index]

    Good:

        requires: [index]
    """
    return f"{quote(where)} has {item} twice; keep one of them"


@rule("CT214", "no-value", "error")
def no_value(where: str, expected: str, needed: bool) -> str:
    """A key has no value, which YAML reads as null.

    Give it a value, or leave the key out to have the default.

    Bad:

        max_steps:

    Good:

        max_steps: 15
    """
    otherwise = "" if needed else ", or leave the key out"
    return f"{quote(where)} has no value; give it {expected}{otherwise}"


# ── schemas that an author writes: parameters, output_schema, inputs ─────────────────────────────


@rule("CT215", "not-run-yet", "warning")
def not_run_yet(word: str) -> str:
    """A key of the format that this version of looplet checks, keeps, and cannot run.

    The cartridge can be checked, written and shipped. Running it is refused, since a run without
    what the key asks for would do less than its author expects. A `recovery_registry` is an object
    of a class that other loops have; here the builtin hook `recovery_hint` says what to try after
    an error, and a hook of your own does the rest.

    Bad, in `runtime.yaml` of an agent that is to run with this version:

        recovery_registry: "@recoveries"

    Good:

        recovery_registry: null
    """
    return (
        f"{quote(word)} is understood, but this version of looplet refuses to run an agent with it"
    )


@rule("CT216", "no-effect-yet", "advice")
def no_effect_yet(word: str) -> str:
    """A key of the format that this version of looplet checks and keeps, and that changes nothing.

    What the provider caches is a setting of the model object, and on from the start, so that a
    `cache_policy` changes nothing; `tool_render_hints` are for hosts that show a run. The run is
    the same without them.

    Bad, if somebody relies on it:

        cache_policy: {ttl: 1h}

    Good, in Python:

        AnthropicBackend(cache="1h")
    """
    return f"{quote(word)} is understood, but changes nothing in this version of looplet"
