"""The smallest complete program: two tools, a model, and a loop that is yours.

python -m looplet.examples.hello_world --scripted     # no model, no key
python -m looplet.examples.hello_world                # OPENAI_MODEL, OPENAI_BASE_URL, …
"""

from __future__ import annotations

import sys

from looplet import MockLLMBackend, OpenAIBackend, composable_loop, tools_from
from looplet.models.errors import ModelError

SCRIPT = [
    {"tool": "greet", "args": {"name": "Ada"}},
    {"tool": "greet", "args": {"name": "Grace"}},
    {"tool": "done", "args": {"summary": "Ada and Grace are greeted."}},
]


def greet(name: str) -> str:
    """Greet one person by name."""
    return f"Hello {name}!"


def main(argv: list[str]) -> int:
    llm = MockLLMBackend(SCRIPT) if "--scripted" in argv else OpenAIBackend.from_env()
    tools = tools_from([greet], include_done=True)
    for step in composable_loop(llm, "Greet Ada and Grace, then call done.", tools, max_steps=6):
        print(step.pretty())
        if step.tool_result.error:  # your loop: stop, log, score, redirect
            return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ModelError as error:
        sys.exit(str(error))
