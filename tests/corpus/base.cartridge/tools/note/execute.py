"""Keeps a note."""

from pathlib import Path

Path(__file__).with_suffix(".ran").touch()  # a check that runs this file leaves a trace


def execute(ctx, *, text: str, title: str = "") -> dict:
    return {"kept": ctx.resources["notes"].keep(text, title)}
