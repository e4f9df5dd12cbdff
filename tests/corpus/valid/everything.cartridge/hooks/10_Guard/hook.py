class Guard:
    def __init__(self, index, folder, limits=()):
        self.index, self.folder, self.limits = index, folder, limits

    def check_permission(self, tool_call):
        return None

    def check_done(self, state, session_log, context, step_num, tool_call):
        return None
