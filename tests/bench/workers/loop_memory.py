"""Memory one run gains over some steps: `{"way", "start", "steps"}` in, `{"mb"}` out.

`traced` counts the bytes of Python objects that are alive; `resident` asks the system, untraced.
"""

import gc
import json
import os
import sys
import tracemalloc

from models import model

from looplet import LoopConfig, composable_loop, tools_from


def add(a: int, b: int) -> dict:
    """Add two numbers."""
    return {"sum": a + b}


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


ask = json.loads(sys.argv[1])
if ask["way"] == "traced":
    tracemalloc.start()
size = traced if ask["way"] == "traced" else resident
total = ask["start"] + ask["steps"]
marks = {}
run = composable_loop(
    llm=model("native"),
    tools=tools_from([add], include_done=True),
    task={"goal": "add for ever"},
    config=LoopConfig(max_steps=total, use_native_tools=True),
)
for number, _ in enumerate(run, start=1):
    if number in (ask["start"], total):
        marks[number] = size()
gained = marks[total] - marks[ask["start"]]
print(json.dumps({"mb": gained / 1e6 / ask["steps"] * 1000}))
