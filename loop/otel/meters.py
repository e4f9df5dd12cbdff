"""Meters: the histograms, with the names and bounds of the conventions."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from looplet.models.reply import Usage

DURATION_S: Final = (
    *(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64),
    *(1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92),
)
TOKENS: Final = tuple(4**power for power in range(14))
SECOND: Final = 1_000_000_000


class Meters:
    """The instruments."""

    def __init__(self, meter: Any) -> None:
        def histogram(name: str, unit: str, words: str, bounds: tuple[float, ...]) -> Any:
            return meter.create_histogram(
                name, unit, words, explicit_bucket_boundaries_advisory=list(bounds)
            )

        self._tokens = histogram(
            "gen_ai.client.token.usage",
            "{token}",
            "Number of input and output tokens used.",
            TOKENS,
        )
        self._operation = histogram(
            "gen_ai.client.operation.duration", "s", "GenAI operation duration.", DURATION_S
        )
        self._tool = histogram(
            "gen_ai.execute_tool.duration", "s", "Duration of a tool's execution.", DURATION_S
        )
        self._agent = histogram(
            "gen_ai.invoke_agent.duration", "s", "Duration of an agent's run.", DURATION_S
        )

    def usage(self, attributes: dict[str, Any], usage: Usage) -> None:
        for kind, count in (("input", usage.input_tokens), ("output", usage.output_tokens)):
            self._tokens.record(count, {**attributes, "gen_ai.token.type": kind})

    def operation(self, attributes: dict[str, Any], error: str | None, took_ns: int) -> None:
        self._record(self._operation, attributes, error, took_ns)

    def agent(self, attributes: dict[str, Any], error: str | None, took_ns: int) -> None:
        self._record(self._agent, attributes, error, took_ns)

    def tool(self, tool: str, error: str | None, took_ns: int) -> None:
        attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool}
        self._record(self._tool, attributes, error, took_ns)

    def _record(
        self, instrument: Any, attributes: dict[str, Any], error: str | None, took_ns: int
    ) -> None:
        if error is not None:
            attributes = {**attributes, "error.type": error}
        instrument.record(max(0, took_ns) / SECOND, attributes)
