"""How a question is asked: sent, read piece by piece, tried again. The rule, once, as a generator.

It yields what is to be done, `(name, *arguments)`, and is resumed with what came of it; a line (see
`looplet.models.lines`) does it, sync or async. What it does:

    send(request) -> content type      read() -> bytes, None at the end      close()      sleep(s)

Answers are streamed, whether somebody listens or not. A stream says when it is over, so one that
was cut off can be told from one that is complete; and while it lasts it keeps coming, so that a
read timeout means a dead connection and not a long answer.
"""

from __future__ import annotations

from looplet.cancel import Cancelled
from looplet.events import MODEL_RETRY
from looplet.models.chat_answer import in_short, parsed
from looplet.models.errors import ModelError
from looplet.models.event_stream import EventStream
from looplet.models.failures import failure_to_read
from looplet.models.retry import Tries

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from typing import Any, TypeVar

    from looplet.cancel import CancelToken
    from looplet.models.remote import Question, RemoteModel
    from looplet.models.reply import Reply

    T = TypeVar("T")
    Talk = Generator[tuple[Any, ...], Any, T]

MAX_ANSWER = 64 * 2**20
"""Bytes. No model says so much: a server that sends more is broken, and would fill the memory."""

GLANCE_S = 0.1
"""How often a wait looks whether the run was cancelled."""


def asking(model: RemoteModel, question: Question) -> Talk[Reply]:
    """One question, until it is answered. Raises ModelError; Cancelled if the run was."""
    tries = Tries(model.retry)
    token, report = question.cancel_token, question.report
    made_do: set[str] = set()
    while True:
        request = model.request(question)
        try:
            return (yield from _answer(model, request, report, token))
        except ModelError as failure:
            yield ("close",)
            model.conceal(failure)
            reason = model.makes_do(request, failure)
            delay: float | None = 0.0
            if reason is None or reason in made_do:  # once each: it may not have helped
                reason, delay = str(failure), tries.delay_after(failure)
            if delay is None:
                raise
            made_do.add(reason)
        if report is not None:
            report(MODEL_RETRY, attempt=tries.made, delay_s=round(delay, 3), reason=reason)
        yield from _pause(delay, token)


def _answer(
    model: RemoteModel,
    request: dict[str, Any],
    report: Callable[..., None] | None,
    token: CancelToken | None,
) -> Talk[Reply]:
    _look(token)
    try:
        content_type = yield "send", request
    except Exception as error:
        raise model.failure(error) from error
    answer = model.answer(report)
    try:
        pieces = yield from _pieces(model, answer, content_type, token)
        if pieces is not None:
            answer.whole(_body(b"".join(pieces), content_type, answer.WHAT))
        reply: Reply = answer.reply()
        return reply
    except ModelError as failure:
        where = model.words.where
        if failure.kind == "bad_answer":
            failure.args = (f"{where}: {failure}; {model.hint}",)
        elif not str(failure).startswith(where):
            failure.args = (f"{where}: {failure}",)
        raise


def _pieces(
    model: RemoteModel, answer: Any, content_type: str, token: CancelToken | None
) -> Talk[list[bytes] | None]:
    """Read until the end. The pieces of a body in one piece; None for a stream, which is read."""
    stream = EventStream() if "event-stream" in content_type else None
    body: list[bytes] = []
    size = 0
    while True:
        _look(token)
        try:
            piece = yield ("read",)
        except Exception as error:
            if stream is not None and answer.complete:
                return None  # it was all said
            raise failure_to_read(error, model.words) from error
        if piece is None:
            return body if stream is None else None
        size += len(piece)
        if size > MAX_ANSWER:
            raise ModelError(
                "bad_answer", f"the answer is larger than {MAX_ANSWER // 2**20} MB, and goes on"
            )
        if stream is None and not body and _is_stream(piece, content_type):
            stream = EventStream()
        if stream is None:
            body.append(piece)
            continue
        for name, data in _events(stream, piece):
            answer.event(name, data)
        if answer.ended:
            return None  # some servers keep the connection open for long


def _events(stream: EventStream, piece: bytes) -> Iterator[tuple[str, str]]:
    try:
        yield from stream.feed(piece)
    except UnicodeDecodeError as error:
        raise ModelError("malformed", f"a part of the answer is no UTF-8: {error}") from None


def _is_stream(piece: bytes, content_type: str) -> bool:
    """Whether a body is a stream of events, whatever its headers call it."""
    return "json" not in content_type and piece.lstrip().startswith((b"data:", b"event:", b": "))


def _body(data: bytes, content_type: str, what: str) -> dict[str, Any]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelError("malformed", f"the answer is no UTF-8: {error}") from None
    if "json" not in content_type and not text.lstrip().startswith("{"):
        shown = in_short(text[:1000]) or "(empty)"
        raise ModelError("bad_answer", f"the answer is no {what}: {shown}")
    return parsed(text)


def _pause(seconds: float, token: CancelToken | None) -> Talk[None]:
    while seconds > 0:
        _look(token)
        piece = seconds if token is None else min(seconds, GLANCE_S)
        yield "sleep", piece
        seconds -= piece


def _look(token: CancelToken | None) -> None:
    if token is not None and token.is_cancelled:
        raise Cancelled("the run was cancelled while the model was asked")


__all__ = ["asking"]
