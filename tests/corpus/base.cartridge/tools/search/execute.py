"""Searches the notes."""

from pathlib import Path

Path(__file__).with_suffix(".ran").touch()  # a check that runs this file leaves a trace


def execute(ctx, *, query: str, limit: int = 10, mode: str = "quick") -> list[str]:
    return ctx.resources["notes"].search(query, limit, mode)
