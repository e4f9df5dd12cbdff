class Look:
    def pre_prompt(self, state, session_log, context, step_num):
        return None
