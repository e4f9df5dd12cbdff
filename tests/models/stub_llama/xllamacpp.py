"""Stands in for the package of this name: a server on loopback that plays a model.

What it does is in the model's file, after the magic `GGUF`, a word for each question:

    silent, broken                never starts, cannot load it
    a JSON text                   is the answer
    cut, long, crash              an answer that is cut off, a refusal of the length, a crash

The last one stays. Each request is written to the file `asked`, beside the model.
"""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any


class CommonParams(SimpleNamespace):
    def __init__(self) -> None:
        super().__init__(
            model=SimpleNamespace(path=""),
            cpuparams=SimpleNamespace(n_threads=-1),
            cpuparams_batch=SimpleNamespace(n_threads=-1),
        )


class Server:
    def __init__(self, params: Any) -> None:
        path = Path(params.model.path)
        answers = path.read_text().removeprefix("GGUF ").split("\n")
        print("load: loading the model", file=sys.stderr, flush=True)
        # As the real one: pieces of lines, on either output.
        print("not the address", flush=True)
        os.write(1, b"..")
        os.write(2, b"....")
        if answers == ["silent"]:
            time.sleep(60)
        if answers == ["broken"]:
            raise RuntimeError("unknown model architecture: 'abc'")
        asked: list[int] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body["threads"] = params.cpuparams.n_threads
                key = self.headers["Authorization"] == f"Bearer {params.api_keys[0]}"
                with (path.parent / "asked").open("a") as file:
                    file.write(json.dumps({**body, "key": key, "n_ctx": params.n_ctx}) + "\n")
                asked.append(1)
                answer = answers[min(len(asked), len(answers)) - 1]
                if answer == "crash":
                    print("GGML_ASSERT(false) failed", file=sys.stderr, flush=True)
                    os.kill(os.getpid(), signal.SIGKILL)
                    time.sleep(9)
                if answer == "long":
                    said = (
                        "request (3030 tokens) exceeds the available context size (2048 tokens), "
                        "try increasing it"
                    )
                    self.send(400, json.dumps({"error": {"code": 400, "message": said}}))
                    return
                stop = "length" if answer == "cut" else "stop"
                text = '{"tool": "add", "args": {"a": 1, ' if answer == "cut" else answer
                pieces = [text[at : at + 5] for at in range(0, len(text), 5)]
                chunks = [{"choices": [{"index": 0, "delta": {"content": p}}]} for p in pieces]
                end = {"choices": [{"index": 0, "delta": {}, "finish_reason": stop}]}
                usage = {"prompt_tokens": 9, "completion_tokens": len(pieces)}
                events = [*chunks, end, {"choices": [], "usage": usage}]
                lines = [f"data: {json.dumps(event)}\n\n" for event in events]
                self.send(200, "".join([*lines, "data: [DONE]\n\n"]), "text/event-stream")

            def send(self, status: int, text: str, kind: str = "application/json") -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: Any) -> None:
                pass

        http = ThreadingHTTPServer((params.hostnames[0], params.port), Handler)
        http.daemon_threads = True
        self.listening_address = f"http://127.0.0.1:{http.server_port}"
        threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
