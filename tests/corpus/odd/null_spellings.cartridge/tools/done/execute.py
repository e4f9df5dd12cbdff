def execute(*, summary: str | None = None) -> dict:
    return {"summary": summary}
