from lib import shorten


def execute(*, summary: str) -> dict:
    return {"summary": shorten(summary)}
