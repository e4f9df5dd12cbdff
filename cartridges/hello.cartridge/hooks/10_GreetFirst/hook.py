"""Steers a model that is done too early: a text from `check_done` refuses, and says what to do."""


class GreetFirst:
    def __init__(self, greetings):
        self.greetings = greetings

    def check_done(self, state, session_log, context, step_num):
        if self.greetings.greeted():
            return None
        return "Nobody has been greeted yet. Call `greet` for everybody in the task, then `done`."
