"""The measurements of a run: names, units of the conventions, attributes and counts."""

from typing import Any

from telemetry import DONE, Model, Telemetry

from looplet import tools_from

BASE = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5-mini",
}


def add(a: int, b: int) -> dict[str, int]:
    """Add two numbers."""
    return {"sum": a + b}


def run(telemetry: Telemetry, drive: Any, *entries: Any) -> None:
    tools = tools_from([add], include_done=True)
    drive(Model(*entries), tools, hooks=[telemetry.hook()])


def test_tokens(telemetry: Telemetry, drive: Any) -> None:
    run(telemetry, drive, [("add", {"a": 1, "b": 2})], DONE)
    found = {
        dict(point.attributes)["gen_ai.token.type"]: point
        for point in telemetry.points("gen_ai.client.token.usage")
    }
    assert {kind: (point.count, point.sum) for kind, point in found.items()} == {
        "input": (2, 200),
        "output": (2, 20),
    }
    assert dict(found["input"].attributes) == {**BASE, "gen_ai.token.type": "input"}
    assert found["input"].explicit_bounds[:4] == (1, 4, 16, 64)
    assert found["input"].explicit_bounds[-1] == 67108864


def test_durations(telemetry: Telemetry, drive: Any) -> None:
    run(telemetry, drive, [("add", {"a": 1, "b": 2})], OSError("down"))
    good, bad = sorted(
        telemetry.points("gen_ai.client.operation.duration"), key=lambda p: len(p.attributes)
    )
    assert dict(good.attributes) == BASE and good.count == 1 and good.sum < 5
    assert {**bad.attributes, "error.type": ""} == {**BASE, "error.type": ""} and bad.count == 1
    assert good.explicit_bounds[0] == 0.01 and good.explicit_bounds[-1] == 81.92


def test_tools_and_agents(telemetry: Telemetry, drive: Any) -> None:
    run(telemetry, drive, [("add", {"a": 1, "b": 2})], [("add", {"a": "x", "b": 2})], DONE)
    found = {
        (point.attributes["gen_ai.tool.name"], point.attributes.get("error.type")): point.count
        for point in telemetry.points("gen_ai.execute_tool.duration")
    }
    assert found == {("add", None): 1, ("add", "bad_arguments"): 1, ("done", None): 1}
    (agent,) = telemetry.points("gen_ai.invoke_agent.duration")
    assert agent.count == 1
    assert agent.attributes["gen_ai.operation.name"] == "invoke_agent"


def test_several_hooks_on_one_provider_share_their_instruments(
    telemetry: Telemetry, drive: Any, caplog: Any
) -> None:
    for _ in range(2):
        run(telemetry, drive, DONE)
    assert [point.sum for point in telemetry.points("gen_ai.client.token.usage")] == [200, 20]
    assert caplog.records == []
