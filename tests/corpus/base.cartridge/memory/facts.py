"""What is known of today."""

from pathlib import Path

Path(__file__).with_suffix(".ran").touch()  # a check that runs this file leaves a trace


def load(state) -> str:
    return "It is a day like any other."
