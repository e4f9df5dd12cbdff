"""Runs a command."""

__description__ = "Run a command."
__parameters__ = {"command": {"type": "string"}, "seconds": {"type": "integer", "default": 5}}
__concurrent_safe__ = False
__free__ = False
__timeout_s__ = 10


def execute(*, command: str, seconds: int = 5) -> str:
    return command
