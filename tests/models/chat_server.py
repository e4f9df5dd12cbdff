"""A loopback server that speaks the wire format of chat completions, answering what it is told."""

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


class Server:
    """answers: what is sent, one after the other, the last one again and again: a body for 200, or
    a pair of status and body; a text body is sent as it is, "hang" keeps the client waiting.
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
                status, said = answer if isinstance(answer, tuple) else (200, answer)
                is_text = isinstance(said, str)
                data = (said if is_text else json.dumps(said)).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html" if is_text else "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

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
