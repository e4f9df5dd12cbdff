"""A loopback server that answers to the byte what it is told: for what no server that others wrote
would send."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def completion(content: str | None = None, calls: list[Any] | None = None, **more: Any) -> Any:
    """The body of an answer; `calls` are (name, arguments as text) pairs."""
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if calls:
        message["tool_calls"] = [
            {
                "id": f"id_{n}",
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            }
            for n, (name, arguments) in enumerate(calls)
        ]
    stop = more.pop("finish_reason", "tool_calls" if calls else "stop")
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": stop}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
        **more,
    }


def message(content: Any, **more: Any) -> Any:
    """The body of an answer of Anthropic's; a text as `content` is one block of it."""
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    calls = any(isinstance(block, dict) and block.get("type") == "tool_use" for block in content)
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": content,
        "stop_reason": "tool_use" if calls else "end_turn",
        "usage": {"input_tokens": 7, "output_tokens": 3},
        **more,
    }


class Raw:
    """An answer to the byte. `length`: what its Content-Length says; None for none, and the end of
    the connection is its end."""

    def __init__(
        self,
        body: bytes,
        content_type: str = "text/event-stream",
        *,
        status: int = 200,
        length: int | None = None,
        headers: Any = (),
    ) -> None:
        self.body = body
        self.content_type = content_type
        self.status = status
        self.length = length
        self.headers = headers


def stream(*chunks: Any, done: bool = True) -> Raw:
    """Chunks of a chat completion as a stream; bytes are sent as they are."""
    lines = [c if isinstance(c, bytes) else b"data: " + json.dumps(c).encode() for c in chunks]
    return Raw(b"\n\n".join([*lines, *([b"data: [DONE]"] if done else []), b""]))


def delta(finish_reason: str | None = None, **fields: Any) -> Any:
    """One chunk of a chat completion."""
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish_reason}]}


def events(*events: Any) -> Raw:
    """A stream of Anthropic's events."""
    text = "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events)
    return Raw(text.encode())


class Server:
    """answers: what is sent, one after the other, the last one again and again: a body for 200, a
    pair of status and body, or a Raw; a text is sent as it is, "hang" keeps the client waiting.
    requests: the bodies that came in. headers: those of the last request."""

    def __init__(self) -> None:
        self.answers: list[Any] = [completion("hello")]
        self.requests: list[Any] = []
        self.headers: dict[str, str] = {}
        self.stop = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append(json.loads(body))
                outer.headers = {key.lower(): value for key, value in self.headers.items()}
                outer.headers["path"] = self.path
                answer = outer.answers[min(len(outer.requests), len(outer.answers)) - 1]
                if answer == "hang":
                    outer.stop.wait(10)
                    return
                if not isinstance(answer, Raw):
                    status, said = answer if isinstance(answer, tuple) else (200, answer)
                    is_text = isinstance(said, str)
                    data = (said if is_text else json.dumps(said)).encode()
                    kind = "text/html" if is_text else "application/json"
                    answer = Raw(data, kind, status=status, length=len(data))
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                for name, value in answer.headers:
                    self.send_header(name, value)
                if answer.length is not None:
                    self.send_header("Content-Length", str(answer.length))
                else:
                    self.close_connection = True
                self.end_headers()
                self.wfile.write(answer.body)
                if answer.length is not None and answer.length > len(answer.body):
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.stop.set()
        self.http.shutdown()
        self.http.server_close()
        time.sleep(0)
