class Base:
    def __init__(self, limit):
        self.limit = limit

    def pre_loop(self, state, session_log, context):
        return None
