"""Ends the run."""

from pathlib import Path

Path(__file__).with_suffix(".ran").touch()  # a check that runs this file leaves a trace


async def execute(*, summary: str) -> dict:
    return {"summary": summary}
