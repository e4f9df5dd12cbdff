"""The notes, one object a run."""

from pathlib import Path

Path(__file__).with_suffix(".ran").touch()  # a check that runs this file leaves a trace

THREAD_SAFE = True


class Notes:
    def __init__(self, folder):
        self.folder = folder

    def search(self, query, limit, mode):
        return []

    def keep(self, text, title):
        return True


def build(runtime=None):
    return Notes((runtime or {}).get("workspace", "."))
