__description__ = "Run."
__parameters__ = {"command": {"type": "string"}}


def execute(*, command):
    return command
