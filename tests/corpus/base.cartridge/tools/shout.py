"""A tool in the short form."""

from pathlib import Path

Path(__file__).with_suffix(".ran").touch()  # a check that runs this file leaves a trace

__description__ = "Write a text in capital letters."
__parameters__ = {"text": {"type": "string"}}
__concurrent_safe__ = True


def execute(*, text: str) -> str:
    return text.upper()
