"""What stands in for models that a test has not: servers on loopback that answer what a page says.

A page starts them in a Python block inside a comment, and tells its reader of it. They come from
the tests of the models, which check what they play against servers that others wrote.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

# It takes the standard error of the moment in which it is imported for that of its servers.
import mcp.client.stdio  # noqa: F401
from pages import ROOT

_MODELS = ROOT / "tests" / "models"
_started: list[Any] = []


def chat(*replies: Any, usage: tuple[int, int] = (7, 3)) -> Any:
    """A server of OpenAI's protocol: each reply a text, or `(tool, arguments)`; its `url`.

    usage: the tokens of each question and of each answer.
    """
    spec = spec_from_file_location("chat_server_of_docs", _MODELS / "chat_server.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    server = module.Server()
    _started.append(server)
    asked, said = usage
    tokens = {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
    server.answers = [
        module.completion(reply, usage=tokens)
        if isinstance(reply, str)
        else module.completion(calls=[(reply[0], json.dumps(reply[1]))], usage=tokens)
        for reply in replies
    ]
    return server


def ollama(*replies: Any) -> None:
    """Ollama, where OLLAMA_HOST says."""
    os.environ["OLLAMA_HOST"] = chat(*replies).url.removesuffix("/v1")


def gguf(path: str, *replies: Any) -> None:
    """A file that a package in the place of `xllamacpp` takes for a model."""
    texts = [json.dumps({"tool": tool, "args": args}) for tool, args in replies]
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text("GGUF " + "\n".join(texts))
    stub = str(_MODELS / "stub_llama")
    sys.path.insert(0, stub)
    _started.append(stub)
    os.environ["PYTHONPATH"] = stub


def close() -> None:
    """End them all."""
    while _started:
        one = _started.pop()
        if isinstance(one, str):
            sys.path.remove(one)
        else:
            one.close()
