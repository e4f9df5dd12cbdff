def execute(summary: str, *, ctx=None) -> dict:
    return {"summary": summary}
