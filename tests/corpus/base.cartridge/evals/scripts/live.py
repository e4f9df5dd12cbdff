"""A script that looks at the last result."""

from pathlib import Path

Path(__file__).with_suffix(".ran").touch()  # a check that runs this file leaves a trace


def reply(messages, last_result):
    return {"tool": "done", "args": {"summary": "Done."}}
