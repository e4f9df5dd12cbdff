"""Ends runs that search too much."""

from pathlib import Path

Path(__file__).with_suffix(".ran").touch()  # a check that runs this file leaves a trace


class Limit:
    def __init__(self, notes, max_calls: int = 3):
        self.notes = notes
        self.max_calls = max_calls

    def pre_dispatch(self, state, session_log, tool_call, step_num):
        return None

    def should_stop(self, state, step_num, new_entities):
        return step_num > self.max_calls
