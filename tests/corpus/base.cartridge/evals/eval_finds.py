"""Did the run find what it should?"""

from pathlib import Path

Path(__file__).with_suffix(".ran").touch()  # a check that runs this file leaves a trace


def eval_finds(ctx) -> bool:
    return ctx.stop_reason == "done"
