"""The child process of `looplet.models.local`: llama.cpp's own server, for one model, on loopback.

Its settings come as one line of JSON on the standard input; its address is the one line of the
standard output, and what llama.cpp has to say goes to the standard error. It lives as long as its
standard input: whatever ends the parent closes that, and then it ends too. Knows nothing of
looplet, only `xllamacpp`.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main() -> None:
    # llama.cpp writes its log piece by piece, whoever else writes in between: the address has an
    # output of its own.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    settings = json.loads(sys.stdin.readline())
    try:
        server = _serve(settings)  # kept, or it would go
    except Exception as error:
        # llama.cpp has said more before; a traceback would only push that out of sight.
        sys.exit(f"{type(error).__name__}: {error}")
    print(server.listening_address, file=answer, flush=True)
    sys.stdin.read()
    # Not by returning: taking the server down in order waits for an answer that nobody waits for.
    os._exit(0)


def _serve(settings: dict[str, Any]) -> Any:
    xllamacpp = import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = settings["path"]
    params.hostnames = ["127.0.0.1"]
    params.port = 0  # any that is free
    params.api_keys = [settings["key"]]  # others on this machine, and browsers, stay out
    params.n_ctx = settings["context_window"]
    params.n_parallel = 1
    params.use_jinja = True
    if settings["threads"]:
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings["threads"]
    params.verbosity = 2  # warnings and errors
    # Not needed, and not in every version: the page for people, an endpoint that shows prompts,
    # downloads, a context that is made to fit, and a first run that only takes time.
    for name in ("ui", "endpoint_slots", "fit_params", "warmup"):
        if hasattr(params, name):
            setattr(params, name, False)
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main()
