"""Any object with a `generate`, as a model of the loop. Which kind it is, is found out once.

Three kinds: `generate(messages, *, tools, …) -> Reply`, which `looplet.models.reply` describes;
`generate(prompt, *, max_tokens, system_prompt, temperature) -> str`; and, besides the latter,
`generate_with_tools(prompt, *, tools, …)`. Each of them may be `async def`.
"""

from __future__ import annotations

from functools import partial

from looplet.events import MODEL_RETRY
from looplet.models.reply import Reply
from looplet.signatures import calling_of
from looplet.types import ToolCall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from looplet.config import LoopConfig
    from looplet.signatures import Calling

_CHARS_PER_TOKEN = 3
_USUAL = {"max_tokens": 4096, "temperature": 0.2}
# To `calling_of`: a parameter `ctx` is one like any other here.
_NO_CONTEXT: dict[str, Any] = {"ctx": {}}


class Model:
    """A model, ready to be called.

    generate: `generate(messages)`, all else already given. plain: the same, without tools to call.
    waits: whether a call may block; then the async driver runs it in a thread.
    instructions: how to call tools, for the system message; empty where the provider has a
        protocol for it.
    """

    __slots__ = ("generate", "instructions", "plain", "waits")

    def __init__(
        self,
        generate: Callable[[list[dict[str, Any]]], Any],
        *,
        plain: Callable[[list[dict[str, Any]]], Any],
        waits: bool,
        instructions: str,
    ) -> None:
        self.generate = generate
        self.plain = plain
        self.waits = waits
        self.instructions = instructions


def model_for(
    llm: Any,
    config: LoopConfig,
    schemas: list[dict[str, Any]],
    report: Callable[..., None] | None = None,
) -> Model:
    """`llm` as a Model. Raises TypeError for an object that is none.

    report: handed to a `generate` that takes it, see `looplet.models.reply`.
    """
    generate = getattr(llm, "generate", None)
    if not callable(generate) or isinstance(llm, type):
        raise TypeError(
            "an llm is an object with generate(messages, *, tools, …) or generate(prompt, …), not "
            + (f"the class {llm.__name__}" if isinstance(llm, type) else f"a {type(llm).__name__}")
        )
    options = {
        "max_tokens": config.max_tokens,
        "temperature": config.temperature,
        **config.generate_kwargs,
    }
    own = {"report": report, "cancel_token": config.cancel_token}
    native = config.use_native_tools
    waits = _waits(llm, generate)
    calling = calling_of(generate, _NO_CONTEXT)
    if calling.named[:1] == ("messages",):
        keywords = _accepted({"tools": schemas if native else [], **options}, calling)
        keywords |= _taken({**own, "memo": {}}, calling)
        plain_own = {**own, "report": _only_retries(report)}
        keywords_of_plain = _accepted({"tools": [], **options}, calling)
        plain = partial(generate, **keywords_of_plain, **_taken(plain_own, calling))
        instructions = ""
        if not native:
            from looplet.models.transcript import instructions_for

            instructions = instructions_for(schemas)
        bound = partial(generate, **keywords)
        return Model(bound, plain=plain, waits=waits, instructions=instructions)

    from looplet.models.transcript import Transcript, instructions_for

    with_tools = getattr(llm, "generate_with_tools", None)
    if native and callable(with_tools):
        generate, waits = with_tools, _waits(llm, with_tools)
        calling = calling_of(generate, _NO_CONTEXT)
        wire = [
            {"name": s["name"], "description": s["description"], "input_schema": s["parameters"]}
            for s in schemas
        ]
        options = {"tools": wire, **options}
        instructions = ""
    else:
        instructions = instructions_for(schemas)
    transcript = Transcript(
        # A step is two messages, the model's and the result's.
        2 * config.context_window_steps,
        config.context_window * _CHARS_PER_TOKEN,
        ending="Your next action, as one JSON object:" if instructions else "Your next action:",
    )
    keywords = _accepted(options, calling) | _taken(own, calling)
    takes_system = calling.open or "system_prompt" in calling.named

    def answer(messages: list[dict[str, Any]]) -> Any:
        system, prompt = transcript.prompt(messages)
        if takes_system:
            return generate(prompt, system_prompt=system, **keywords)
        return generate(f"{system}\n\n{prompt}" if system else prompt, **keywords)

    return Model(answer, plain=_plain(llm, options, own), waits=waits, instructions=instructions)


def _plain(llm: Any, options: dict[str, Any], own: dict[str, Any]) -> Callable[..., Any]:
    """A question without tools, for a model that takes a prompt."""
    calling = calling_of(llm.generate, _NO_CONTEXT)
    options = {name: value for name, value in options.items() if name != "tools"}
    keywords = _accepted(options, calling)
    keywords |= _taken({**own, "report": _only_retries(own["report"])}, calling)

    def answer(messages: list[dict[str, Any]]) -> Any:
        return llm.generate("\n\n".join(message["content"] for message in messages), **keywords)

    return answer


def reply_from(answer: Any) -> Reply:
    """What a model answered, as a Reply. Raises TypeError for what cannot be one."""
    if isinstance(answer, Reply):
        if not isinstance(answer.text, str):
            kind = type(answer.text).__name__
            raise TypeError(f"the text of a model's Reply is a {kind}, not a text")
        for call in answer.tool_calls or ():
            if not isinstance(call, ToolCall):
                kind = type(call).__name__
                raise TypeError(f"the tool_calls of a model's Reply are ToolCalls, not {kind}s")
            if not isinstance(call.tool, str):
                raise TypeError(f"the tool of a model's ToolCall is a name, not {call.tool!r:.80}")
        return answer
    if answer is None:
        return Reply()
    if isinstance(answer, str):
        return Reply(answer)
    if isinstance(answer, dict):
        answer = answer.get("content", [answer])
        if isinstance(answer, str):
            return Reply(answer)
    if isinstance(answer, (list, tuple)):
        texts, calls = [], []
        for block in answer:
            part = _block(block)
            if isinstance(part, ToolCall):
                calls.append(part)
            else:
                texts.append(part)
        return Reply("".join(texts), calls)
    raise TypeError(f"a model answers with a Reply or a text, not with a {type(answer).__name__}")


def _block(block: Any) -> ToolCall | str:
    """One content block of a provider: `{"type": "text" | "tool_use", …}`, or a call as data."""
    if isinstance(block, ToolCall):
        return block
    if isinstance(block, str):
        return block
    if isinstance(block, dict):
        if isinstance(block.get("text"), str):
            return str(block["text"])
        from looplet.parse import NotACall, call_from

        try:
            call = call_from(block)
        except NotACall:
            # Left as it came: the loop will say what is wrong with it.
            name = block.get("name", block.get("tool"))
            return ToolCall(str(name), block.get("input", block.get("arguments")))
        if call is not None:
            if not call.call_id and isinstance(block.get("id"), str):
                call.call_id = block["id"]
            return call
    raise TypeError(
        f"a model answered with a list that has a part of no known form: {block!r:.200}"
    )


def _accepted(options: dict[str, Any], calling: Calling) -> dict[str, Any]:
    """The options that a `generate` takes; where nobody set one that it insists on, a usual one."""
    accepted = {}
    for name, value in options.items():
        if value is None and name in calling.named and name not in calling.defaults:
            value = _USUAL.get(name)
        if value is not None and (calling.open or name in calling.named):
            accepted[name] = value
    return accepted


def _taken(own: dict[str, Any], calling: Calling) -> dict[str, Any]:
    """What the loop itself hands to a `generate` that names it.

    A `**more` does not get it: most put that into a request.
    """
    return {
        name: value for name, value in own.items() if name in calling.named and value is not None
    }


def _only_retries(report: Callable[..., None] | None) -> Callable[..., None] | None:
    """For questions that are not a turn of the run: their tokens are nobody's to see."""
    if report is None:
        return None

    def retries(event: str, **data: Any) -> None:
        if event == MODEL_RETRY:
            report(event, **data)

    return retries


def _waits(llm: Any, generate: Callable[..., Any]) -> bool:
    is_async = calling_of(generate, _NO_CONTEXT).is_async
    return not is_async and getattr(llm, "blocking", True) is not False
