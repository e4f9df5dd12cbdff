"""No verdict from a single look: `done` waits until several kinds of evidence were gathered."""


class EvidenceFirst:
    def __init__(self, evidence: list[str], kinds: int = 2):
        self.evidence = list(evidence)
        self.kinds = kinds
        self.gathered: set[str] = set()
        self.failed = False

    def pre_loop(self, state, session_log, context):
        self.gathered.clear()
        self.failed = False

    def post_dispatch(self, state, session_log, tool_call, tool_result, step_num):
        if tool_result.error:
            self.failed = True
        elif tool_call.tool in self.evidence:
            self.gathered.add(tool_call.tool)
        return None

    def check_done(self, state, session_log, context, step_num):
        if len(self.gathered) >= self.kinds:
            return None
        if self.failed and not self.gathered:
            return None  # there is nothing to read, and that is the answer
        # One thing to do, and not a choice: whoever answers too soon does not choose well.
        left = next(tool for tool in self.evidence if tool not in self.gathered)
        return (
            f"Not yet: an answer rests on at least {self.kinds} kinds of evidence, and this has "
            f"{len(self.gathered)}. Call `{left}` now, without arguments; then `done` again."
        )

    # A run that is resumed goes on where it was.
    def save_state(self):
        return {"gathered": sorted(self.gathered), "failed": self.failed}

    def restore_state(self, data):
        self.gathered = set(data["gathered"])
        self.failed = data["failed"]
