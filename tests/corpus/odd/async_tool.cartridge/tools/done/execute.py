import asyncio


async def execute(*, summary: str) -> dict:
    await asyncio.sleep(0)
    return {"summary": summary}
