"""How one tool call runs: arguments checked, the function called, the outcome made a ToolResult.

A ToolSpec is bound on its first call: only then is its code loaded and its schema compiled. The
steps of a call (prepare, start, finish) are the same for the sync and the async driver; only the
waiting in the middle differs.
"""

from __future__ import annotations

from time import perf_counter

from looplet.approval import Later
from looplet.jsontext import NotJSON, result_text
from looplet.signatures import calling_of
from looplet.tools import ELSEWHERE
from looplet.types import ToolResult, printable
from looplet.validation import UnsupportedSchema, compile_schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from looplet.context import ToolContext
    from looplet.tools import ToolSpec
    from looplet.types import ToolCall
    from looplet.validation import Validator

# With one of these, which other names there may be is the schema's business alone.
_OPEN = ELSEWHERE | {"additionalProperties", "patternProperties", "unevaluatedProperties"}


class BadSchema(ValueError):
    """A tool's schema cannot be compiled: the builder's fault, which no model can help."""


class BoundTool:
    """A tool that can be called: its function, how to call it, and its compiled schemas."""

    __slots__ = ("accepts", "accepts_output", "calling", "defaults", "function", "schema", "spec")

    def __init__(self, spec: ToolSpec) -> None:
        self.spec = spec
        self.function = spec.function()
        schema = spec.schema
        properties: Mapping[str, Any] = schema.get("properties", {})
        self.calling = calling_of(self.function, properties)
        if not self.calling.open and not _OPEN.intersection(schema):
            schema = {**schema, "additionalProperties": False}
        self.schema = schema
        self.accepts = _compiled(schema, f"the parameters of the tool `{spec.name}`")
        self.accepts_output = None
        if spec.output_schema is not None:
            whose = f"the output_schema of the tool `{spec.name}`"
            self.accepts_output = _compiled(spec.output_schema, whose)
        # The schema's defaults, also where the function has one of its own: they are what the
        # model was told, and what a permission judged.
        self.defaults = spec.defaults()

    def prepare(self, call: ToolCall, ctx: ToolContext | None) -> Invocation | ToolResult:
        """The call, ready to run; or the result that tells the model what is wrong with it."""
        if not self.accepts(call.args):
            return ToolResult.failure(call, "bad_arguments", self._what_is_wrong(call.args))
        # A copy: what a tool does to its arguments must not change the conversation.
        try:
            args = {name: _fresh(value) for name, value in call.args.items()}
        except RecursionError:
            why = f"`{call.tool}` was not run: its arguments are nested too deeply"
            return ToolResult.failure(call, "bad_arguments", why)
        for name, value in self.defaults.items():
            if name not in args:
                args[name] = _fresh(value)
        takes_ctx = self.calling.takes_ctx
        own = None
        if takes_ctx:
            own = _context(ctx).for_call(call)
            if takes_ctx == "name":
                args["ctx"] = own
        return Invocation(self, call, args, own)

    def _what_is_wrong(self, args: object) -> str:
        name = self.spec.name
        if not isinstance(args, dict):
            return f"the arguments of `{name}` have to be a JSON object"
        wrong = problems_in_words(self.accepts, args, "the arguments")
        return f"`{name}` was not run: {wrong}. {expected(name, self.schema)}"


class Invocation:
    """One call on its way: `start` it, wait if need be, and `finish` it or say what went wrong."""

    __slots__ = ("args", "bound", "call", "ctx", "started")

    def __init__(
        self, bound: BoundTool, call: ToolCall, args: dict[str, Any], ctx: ToolContext | None
    ) -> None:
        self.bound = bound
        self.call = call
        self.args = args
        self.ctx = ctx
        self.started = perf_counter()

    def start(self) -> Any:
        """Call the function; an `async def` gives its awaitable."""
        if self.bound.calling.takes_ctx == "position":
            return self.bound.function(self.ctx, **self.args)
        return self.bound.function(**self.args)

    def run(self) -> ToolResult:
        """Run to the end in this thread, or, with a `timeout_s`, in one that can be left behind."""
        timeout_s = self.bound.spec.timeout_s
        try:
            if timeout_s is None:
                return self.finish(self._value())
            from looplet.threads import Job

            job = Job(self._value)
            return self.finish(job.result()) if job.wait(timeout_s) else self.timed_out()
        except (KeyboardInterrupt, GeneratorExit, Later):
            raise
        except BaseException as error:
            return self.failed(error)

    def _value(self) -> Any:
        value = self.start()
        if hasattr(value, "__await__"):
            from looplet.aio import run_to_completion

            return run_to_completion(value)
        return value

    def finish(self, value: Any) -> ToolResult:
        """The result of a call that returned."""
        call = self.call
        if isinstance(value, ToolResult):
            result = value.for_call(call)
        else:
            result = ToolResult(call.tool, call.args, value, call_id=call.call_id)
        result.duration_ms = (perf_counter() - self.started) * 1000
        self._add_warnings(result)
        try:
            result._text = result_text(result.data)
            # A copy: the record stays what it is, whatever becomes of the tool's own object.
            result.data = _fresh(result.data)
        except (NotJSON, RecursionError) as error:
            why = error if isinstance(error, NotJSON) else "it is nested too deeply"
            return self._bad_result(
                f"`{call.tool}` returned what JSON cannot hold: {why}. A tool returns None, "
                "booleans, numbers, text, lists and dicts of these",
                result.data,
            )
        accepts = self.bound.accepts_output
        if accepts is not None and result.error is None and not accepts(result.data):
            return self._bad_result(
                f"what `{call.tool}` returned does not fit its output_schema: "
                + problems_in_words(accepts, result.data, "the answer"),
                result.data,
            )
        return result

    def failed(self, error: BaseException) -> ToolResult:
        """The result of a call that raised."""
        name = self.call.tool
        if isinstance(error, RuntimeError) and isinstance(error.__cause__, StopIteration):
            error = error.__cause__  # no coroutine may raise it, so Python wrapped it
        if isinstance(error, SystemExit):
            kind, message = "exited", f"`{name}` called sys.exit({error.code!r})"
        else:
            kind, message = "raised", error_in_words(error)
        return self._failure(kind, message, _traceback(error))

    def timed_out(self) -> ToolResult:
        """The result of a call that is no longer waited for."""
        if self.ctx is not None:
            self.ctx.cancel_token.cancel()
        seconds = self.bound.spec.timeout_s
        return self._failure(
            "timeout",
            f"`{self.call.tool}` did not return within {seconds:g} s, and is no longer waited for; "
            "ask for less, or do it another way",
        )

    def _bad_result(self, message: str, value: object) -> ToolResult:
        try:
            shown = repr(value)
        except Exception:
            shown = object.__repr__(value)
        return self._failure("bad_result", message, printable(shown, 2000))

    def _failure(self, kind: str, message: str, detail: str = "") -> ToolResult:
        result = ToolResult.failure(self.call, kind, message, detail)
        result.duration_ms = (perf_counter() - self.started) * 1000
        self._add_warnings(result)
        return result

    def _add_warnings(self, result: ToolResult) -> None:
        if self.ctx is not None and self.ctx.warnings:
            result.warnings.extend(self.ctx.warnings)


def _compiled(schema: Mapping[str, Any], whose: str) -> Validator:
    try:
        return compile_schema(schema)
    except UnsupportedSchema as error:
        raise BadSchema(f"{whose}: {error}") from None


def problems_in_words(accepts: Validator, value: object, name: str) -> str:
    """What a compiled schema has against `value`, on one line."""
    words = []
    for problem in accepts.problems(value, name)[:8]:
        meant = ""
        if problem.keyword == "additionalProperties" and problem.key is not None:
            meant = did_you_mean(str(problem.key), _known(problem.expected))
        words.append(problem.message + meant)
    return "; ".join(words)


def _known(expected: object) -> list[str]:
    return [str(name) for name in expected] if isinstance(expected, (list, tuple)) else []


def error_in_words(error: BaseException) -> str:
    """`ValueError: what it says`, also of an exception whose own text is broken."""
    try:
        text = str(error)
    except Exception:
        text = "(its text cannot be read)"
    if len(text) > 2000:
        text = text[:2000] + "…"
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def expected(name: str, schema: Mapping[str, Any]) -> str:
    """The parameters in one line: what to write instead."""
    required = schema.get("required", ())
    parts = []
    for parameter, part in schema.get("properties", {}).items():
        kind = part.get("type", "") if hasattr(part, "get") else ""
        if isinstance(kind, (list, tuple)):
            kind = " or ".join(map(str, kind))
        text = f"{parameter}: {kind}" if kind else parameter
        parts.append(text if parameter in required else f"{text} (optional)")
    return f"`{name}` takes {', '.join(parts)}" if parts else f"`{name}` takes no arguments"


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """` (did you mean `x`?)`, or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(word[:100], list(names), 1)
    return f" (did you mean `{close[0]}`?)" if close else ""


def _context(ctx: ToolContext | None) -> ToolContext:
    from looplet.context import ToolContext

    return ToolContext() if ctx is None else ctx


_UNCHANGING = frozenset((str, int, float, bool, type(None)))


def _fresh(value: Any) -> Any:
    """A value of its own for each call, as ordinary data: a tool may change what it gets."""
    if type(value) in _UNCHANGING:
        return value
    if isinstance(value, dict):
        return {key: _fresh(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_fresh(item) for item in value]
    return value


def _traceback(error: BaseException) -> str:
    from traceback import format_tb

    trace = error.__traceback__
    # What is ours at its beginning says nothing about the tool, and depends on the driver.
    while trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith("looplet."):
        trace = trace.tb_next
    return "".join(format_tb(trace or error.__traceback__, limit=-4))[-2000:]
