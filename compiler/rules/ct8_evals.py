"""CT8: what the functions and cases that try an agent can have wrong."""

from __future__ import annotations

from collections.abc import Sequence

from looplet.compiler.diagnostics import listing, quote, rule
from looplet.compiler.rules.ct4_code import did_you_mean


@rule("CT801", "no-eval-function", "error")
def no_function(prefix: str, near: str | None) -> str:
    """A file that should judge or collect has no function that does, so it would do nothing.

    `evals/eval_*.py` has functions named `eval_…`, `evals/collect_*.py` has functions named
    `collect_…`. What they share belongs in a file of another name.

    Bad:

        # evals/eval_greets.py
        def greets(ctx): ...

    Good:

        def eval_greets(ctx): ...
    """
    hint = did_you_mean(near) or f"; name it `{prefix}…`"
    return f"this file has no function whose name begins with {quote(prefix)}{hint}"


@rule("CT802", "eval-parameters", "error")
def parameters(function: str, call: str, why: str) -> str:
    """An eval function does not take what it is given.

    `eval_…` is called with the eval context, and with the model if it has a parameter `llm`;
    `collect_…` with the context, and with the inputs of the run if it has a parameter `runtime`.
    Everything else needs a default.

    Good:

        def eval_greets(ctx): ...
        def eval_polite(ctx, llm): ...
        def collect_files(ctx, runtime=None): ...
    """
    return f"{quote(function)} is called as `{call}`, but {why}"


@rule("CT803", "async-eval", "error")
def not_plain(function: str, found: str) -> str:
    """An eval function is `async def` or has a `yield`, so calling it judges nothing.

    Write a plain `def` that returns a boolean, a number, a text or a mapping.
    """
    return f"{quote(function)} is {found}; write a plain `def` that returns its verdict"


@rule("CT804", "duplicate-case", "error")
def duplicate_case(case: str, first: str) -> str:
    """Two eval cases have the same id, so a report could not tell them apart.

    A case without an `id` has the name of its file.

    Bad:

        evals/cases/a.json:  {"id": "greets", "task": "Greet Ada"}
        evals/cases/b.json:  {"id": "greets", "task": "Greet Grace"}

    Good:

        evals/cases/b.json:  {"id": "greets-grace", "task": "Greet Grace"}
    """
    return f"the case id {quote(case)} is taken by {first}; give this case another one"


@rule("CT805", "blank-mark", "warning")
def blank_mark() -> str:
    """A mark of an eval case is only white space, so no case can be chosen by it.

    Bad:

        {"task": "Greet Ada", "marks": ["smoke", " "]}

    Good:

        {"task": "Greet Ada", "marks": ["smoke"]}
    """
    return "this mark is blank; write a word, or remove it"


@rule("CT806", "missing-script", "error")
def missing_script(name: str, near: str | None) -> str:
    """An eval case names a script of recorded replies that is not there.

    `script: demo` is the file `evals/scripts/demo.json` or `evals/scripts/demo.py`.
    """
    hint = did_you_mean(near) or f"; write `evals/scripts/{name}.json`, or remove the key"
    return f"there is no script {quote(name)}{hint}"


@rule("CT807", "reply-parameters", "error")
def reply_parameters(why: str) -> str:
    """`reply` of a Python script does not take what it is given: the messages and the last result.

    Good:

        def reply(messages, last_result): ...
    """
    return f"`reply` is called as `reply(messages, last_result)`, but {why}"


@rule("CT808", "malformed-script", "error")
def malformed_script(why: str) -> str:
    """A script of recorded replies is not what the scripted model reads.

    A script is a list. Each reply is a call, a list of calls for one turn, or a text.

    Bad:

        [{"name": "greet", "arguments": {"name": "Ada"}}]

    Good:

        [{"tool": "greet", "args": {"name": "Ada"}}, {"tool": "done", "args": {}}]
    """
    return why


@rule("CT809", "script-calls-unknown-tool", "advice")
def script_unknown_tool(name: str, near: str | None) -> str:
    """A script calls a tool that the agent does not have.

    The model would be told so and the run would go on; a script may do that on purpose, to try how
    the agent gets over it. Otherwise the name has a typo, or the tool was renamed.
    """
    hint = did_you_mean(near) or "; this call will be answered with an error"
    return f"the script calls {quote(name)}, which no tool is{hint}"


@rule("CT810", "case-unknown-input", "error")
def unknown_input(name: str, near: str | None, known: Sequence[str]) -> str:
    """An eval case gives an input that the agent does not declare, so its run would not start.

    `inputs` of a case is what a caller would give; `inputs` of config.yaml says what it may be.

    Bad, with `inputs: {workspace: {type: string}}` in config.yaml:

        {"task": "Tidy up", "inputs": {"wrokspace": "."}}

    Good:

        {"task": "Tidy up", "inputs": {"workspace": "."}}
    """
    has = did_you_mean(near) or f"; the inputs are {listing(known)}" if known else ""
    return f"the agent declares no input {quote(name)}{has}"


@rule("CT811", "case-unfit-input", "error")
def unfit_input(name: str, why: str) -> str:
    """An eval case gives an input a value that its schema refuses, so its run would not start.

    Bad, with `inputs: {depth: {type: integer}}` in config.yaml:

        {"task": "Tidy up", "inputs": {"depth": "2"}}

    Good:

        {"task": "Tidy up", "inputs": {"depth": 2}}
    """
    return f"the input {quote(name)} does not fit what config.yaml declares: {why}"
