"""Approvals, asked of the human at the other end: the client's, by elicitation.

A question that is not answered yet ends the run with `Later`. The answer comes, and the call is
made again with it. So both ways of asking work: a request of the server in the middle of the call
(the protocol up to 2025), and an answer that asks for input and is followed by the same call with
it (2026). An answer belongs to one question about one call with its arguments: it opens no other.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from looplet.approval import Later

if TYPE_CHECKING:
    from mcp.server import ServerRequestContext
    from mcp_types import CallToolRequestParams, ElicitRequestFormParams, InputRequiredResult

MOST_QUESTIONS = 20
"""In one call; a tool that goes on asking is not asked for."""


class Questions:
    """The questions about one call, and what was answered to them."""

    def __init__(
        self, context: ServerRequestContext[Any, Any], params: CallToolRequestParams
    ) -> None:
        self._context = context
        self._call = [params.name, params.arguments]
        self._given: dict[str, Any] = {}
        for key, answer in (params.input_responses or {}).items():
            self._given[key] = _said(answer)

    @property
    def can_ask(self) -> bool:
        """Whether the client has a human to ask."""
        capabilities = self._context.session.client_capabilities
        elicitation = capabilities.elicitation if capabilities is not None else None
        if elicitation is None:
            return False
        return elicitation.form is not None or elicitation.url is None  # {} means forms, too

    def handler(self, question: str, options: list[str]) -> Any:
        """The approval handler of the run. Raises Later for what was not asked yet."""
        key = self._key(question)
        if key in self._given:
            return self._given[key]
        raise Later(question, options)

    async def ask(self, asked: dict[str, Any]) -> InputRequiredResult | None:
        """Ask what a run waits for. None, once it is answered; else the answer to the call, which
        asks the client to make it again with the answer."""
        from mcp.shared.exceptions import NoBackChannelError
        from mcp_types import ElicitRequest, InputRequiredResult

        key = self._key(asked["question"])
        form = _form(asked["question"], asked["options"])
        if not self._context.session.can_send_request:
            return InputRequiredResult(input_requests={key: ElicitRequest(params=form)})
        if len(self._given) >= MOST_QUESTIONS:
            self._given[key] = None
            return None
        try:
            answer = await self._context.session.elicit_form(
                form.message, form.requested_schema, self._context.request_id
            )
        except NoBackChannelError:
            answer = None
        self._given[key] = _said(answer)
        return None

    def _key(self, question: str) -> str:
        text = json.dumps([*self._call, question], sort_keys=True)
        return "ask-" + sha256(text.encode()).hexdigest()[:32]


def _form(question: str, options: list[str]) -> ElicitRequestFormParams:
    from mcp_types import ElicitRequestFormParams

    answer = {"type": "string", "title": "Answer", "enum": list(options)}
    schema = {"type": "object", "properties": {"answer": answer}, "required": ["answer"]}
    return ElicitRequestFormParams(message=question, requested_schema=schema)


def _said(answer: Any) -> Any:
    """What the human answered; None for a form that was declined or put away."""
    content = getattr(answer, "content", None)
    if getattr(answer, "action", None) != "accept" or not isinstance(content, dict):
        return None
    return content.get("answer")


__all__ = ["Questions"]
