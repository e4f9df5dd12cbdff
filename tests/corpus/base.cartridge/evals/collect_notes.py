"""What a run kept."""

from pathlib import Path

Path(__file__).with_suffix(".ran").touch()  # a check that runs this file leaves a trace


def collect_notes(ctx) -> dict:
    return {"steps": len(ctx.steps)}
