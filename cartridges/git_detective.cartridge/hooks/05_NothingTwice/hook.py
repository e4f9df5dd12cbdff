"""The history does not change during a run: what was asked once is not asked again.

Small models go in circles; what ends one is to be told, in place of the same answer, what to do.
"""

import json

from looplet import Block


class NothingTwice:
    def __init__(self, evidence: list[str], enough: int = 2):
        self.evidence = list(evidence)
        self.enough = enough
        self.made: set[str] = set()
        self.answered: set[str] = set()

    def pre_loop(self, state, session_log, context):
        self.made.clear()
        self.answered.clear()

    def pre_dispatch(self, state, session_log, tool_call, step_num):
        if key(tool_call) not in self.made:
            return None
        # One thing to do, and not a choice: a model that repeats itself does not choose well.
        left = [tool for tool in self.evidence if tool not in self.answered]
        enough = len(self.evidence) - len(left) >= self.enough
        then = "done" if enough or not left else left[0]
        how = "" if then == "done" else ", without arguments"
        return Block(
            f"`{tool_call.tool}` was called so already, see above. Call `{then}` now{how}."
        )

    def post_dispatch(self, state, session_log, tool_call, tool_result, step_num):
        if tool_call.tool in {*self.evidence, "overview"}:
            self.made.add(key(tool_call))
            if not tool_result.error:
                self.answered.add(tool_call.tool)
        return None

    # A run that is resumed goes on where it was.
    def save_state(self):
        return {"made": sorted(self.made), "answered": sorted(self.answered)}

    def restore_state(self, data):
        self.made = set(data["made"])
        self.answered = set(data["answered"])


def key(call) -> str:
    return json.dumps([call.tool, call.args], sort_keys=True)
