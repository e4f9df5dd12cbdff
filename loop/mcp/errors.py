"""What can go wrong with a server: by whose fault, and so who is told."""

from __future__ import annotations

from looplet.preset import PresetError


class ServerSetupError(PresetError):
    """The builder's fault: a program that is not there, a listed tool that the server lacks, the
    SDK that is not installed. It ends the run before a model is asked."""


class ServerError(Exception):
    """The server's fault: it died, it hangs, it refuses. The model is told, and the run goes on.

    kind: the kind of the ToolResult's error, `server` or `timeout`.
    """

    def __init__(self, message: str, kind: str = "server") -> None:
        super().__init__(message)
        self.kind = kind
