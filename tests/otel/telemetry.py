"""What came out of a run, as the tests look at it, and runs through either driver."""

import asyncio
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan

from looplet import DefaultState, Reply, ToolCall, Usage, async_composable_loop, composable_loop
from looplet.otel import OTelHook


class Telemetry:
    """Providers for a hook, and the spans and points that they were given."""

    def __init__(self, tracers: Any, meters: Any, exporter: Any, reader: Any) -> None:
        self.tracers, self.meters = tracers, meters
        self._exporter, self._reader = exporter, reader

    def hook(self, **options: Any) -> OTelHook:
        return OTelHook(self.tracers, self.meters, **options)

    @property
    def spans(self) -> list[ReadableSpan]:
        """In the order in which they began."""
        return sorted(self._exporter.get_finished_spans(), key=lambda span: span.start_time)

    def named(self, name: str) -> ReadableSpan:
        (span,) = [span for span in self.spans if span.name == name]
        return span

    def tree(self, parent: ReadableSpan | None = None) -> list[Any]:
        """Names, each with those below it, in order of their starts."""
        over = None if parent is None else parent.context.span_id
        found = []
        for span in self.spans:
            if (span.parent.span_id if span.parent else None) == over:
                below = self.tree(span)
                found.append((span.name, below) if below else span.name)
        return found

    def points(self, name: str) -> list[Any]:
        data = self._reader.get_metrics_data()
        return [
            point
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


class Model:
    """Each entry: calls as (name, args) pairs, an exception, or a Reply."""

    name = "openai:gpt-5-mini"
    provider = "openai"

    def __init__(self, *entries: Any) -> None:
        self.entries = list(entries)

    def generate(self, messages: list[dict[str, Any]], *, tools: Any) -> Reply:
        entry = self.entries.pop(0)
        if isinstance(entry, BaseException):
            raise entry
        if isinstance(entry, Reply):
            return entry
        calls = [ToolCall(name, args) for name, args in entry]
        return Reply("", calls, Usage(100, 10, cached_tokens=60), "tool_calls")


DONE = [("done", {"summary": "all of it"})]


def run_sync(llm: Any, tools: Any, *, leave_after: int | None = None, **options: Any) -> Any:
    state = options.setdefault("state", DefaultState())
    loop = composable_loop(llm, "the task", tools, **options)
    error = None
    try:
        for count, _ in enumerate(loop, 1):
            if count == leave_after:
                break
        loop.close()
    except BaseException as raised:
        error = raised
    return state, error


def run_async(llm: Any, tools: Any, *, leave_after: int | None = None, **options: Any) -> Any:
    state = options.setdefault("state", DefaultState())

    async def main() -> None:
        loop = async_composable_loop(llm, "the task", tools, **options)
        count = 0
        async for _ in loop:
            count += 1
            if count == leave_after:
                break
        await loop.aclose()

    error = None
    try:
        asyncio.run(main())
    except BaseException as raised:
        error = raised
    return state, error
