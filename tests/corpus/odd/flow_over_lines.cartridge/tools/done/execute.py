def execute(*, summary: str) -> dict:
    return {"summary": summary}
