"""The models of the loop workers: each calls `add` at every turn and answers at once."""

from importlib.metadata import version
from typing import Any

from looplet import MockLLMBackend

PUBLISHED = version("looplet").startswith("0.")
if not PUBLISHED:
    from looplet.models.reply import Reply
    from looplet.types import ToolCall


def model(kind: str) -> Any:
    """A model by name.

    `mock` is the scripted model both packages ship, answering in JSON text; `native` speaks the
    package's own protocol for tool calls.
    """
    if kind == "mock":
        return MockLLMBackend(['{"tool": "add", "args": {"a": 1, "b": 2}}'], cycle=True)
    return TheirModel() if PUBLISHED else OurModel()


class TheirModel:
    """The published package's protocol: a prompt in, a provider's blocks out, as plain dicts."""

    def __init__(self) -> None:
        self.turn = 0

    def generate(self, prompt: str, **options: Any) -> str:
        raise AssertionError("native tool calls were asked for")

    def generate_with_tools(self, prompt: str, *, tools: Any, **options: Any) -> list[dict]:
        self.turn += 1
        call = {"a": self.turn, "b": 2}
        return [{"type": "tool_use", "id": f"call-{self.turn}", "name": "add", "input": call}]


class OurModel:
    """Our protocol: messages in, a Reply out."""

    def __init__(self) -> None:
        self.turn = 0

    def generate(self, messages: Any, *, tools: Any, **options: Any) -> Any:
        self.turn += 1
        call = ToolCall("add", {"a": self.turn, "b": 2}, call_id=f"call-{self.turn}")
        return Reply(tool_calls=(call,))
