"""`looplet-compile new`: the folder of a small agent that checks clean and runs at once.

The folder appears whole or not at all. Its editor schemas travel with it, in `.schemas/`, so that
an editor needs nothing else.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from typing import Final

from looplet.compiler.draft7 import to_draft7
from looplet.compiler.emit import write_tree
from looplet.compiler.pyproject import DEFAULT, PYPROJECT
from looplet.compiler.schema import WRITTEN, raw_schema
from looplet.compiler.source import Tree
from looplet.preset import File

SUFFIX: Final = ".cartridge"
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]+")
_TOOL: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class BadName(ValueError):
    """A name that a cartridge or a tool cannot have; the message says which would do."""


def write(path: str, tools: Sequence[str] = (), folder: str = "") -> str:
    """Write a new cartridge at `path` (with or without the suffix) below `folder`; its folder.

    Raises BadName for a name that will not do, FileExistsError for a folder that holds something,
    and OSError when it cannot be written; then nothing is left behind.
    """
    parent, base = os.path.split(path.rstrip("/" + os.sep))
    name = agent_name(base)
    files = cartridge_files(name, tool_names(tools) or ["look"])
    target = os.path.join(folder, parent, name + SUFFIX)
    if os.path.lexists(target) and not (os.path.isdir(target) and not os.listdir(target)):
        raise FileExistsError(0, "exists already and is not an empty folder", target)
    write_tree(Tree(name, {path: File(text.encode()) for path, text in files.items()}), target)
    return target


def agent_name(base: str) -> str:
    """The name of the agent in the folder `base`."""
    name = base.removesuffix(SUFFIX)
    if _NAME.fullmatch(name) and name.strip(".") and not name.startswith("-"):
        return name
    hint = _suggestion(name)
    raise BadName(
        f"a cartridge cannot be named `{name}`: write letters, digits, `_`, `.` and `-`"
        + (f", such as `{hint}`" if hint else "")
    )


def tool_names(names: Iterable[str]) -> list[str]:
    """The names of the tools, once each."""
    known: dict[str, str] = {"done": "done"}
    for name in names:
        if not _TOOL.fullmatch(name):
            hint = _suggestion(name)[:64]
            raise BadName(
                f"a tool cannot be named `{name}`: write at most 64 letters, digits, `_` and `-`"
                + (f", such as `{hint}`" if hint else "")
            )
        if name.casefold() == "done":
            raise BadName("every new cartridge has a tool `done`; name the other tools only")
        if known.setdefault(name.casefold(), name) != name:
            other = known[name.casefold()]
            raise BadName(f"the tools `{other}` and `{name}` differ in case only; rename one")
    return list(known.values())[1:]


def _suggestion(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")


def cartridge_files(name: str, tools: Sequence[str]) -> dict[str, str]:
    """The files of a new cartridge, text by path."""
    first = tools[0]
    files = {
        "cartridge.json": _json(
            {
                "$schema": ".schemas/cartridge.schema.json",
                "name": name,
                "schema_version": 2,
                "version": "0.1.0",
                "description": f"The agent {name}; say here what it is for.",
            }
        ),
        "config.yaml": _modeline("config") + _CONFIG,
        "prompts/system.md": _PROMPT.format(name=name, tools=_bullets(tools)),
        "tools/done/tool.yaml": _modeline("tool", 2) + _DONE,
        "tools/done/execute.py": _DONE_CODE,
        "evals/cases/demo.json": _json(
            {
                "$schema": "../../.schemas/eval-case.schema.json",
                "id": "demo",
                "task": "Say what you can do",
                "script": "demo",
                "marks": ["smoke"],
            }
        ),
        "evals/scripts/demo.json": _json(
            [
                {"tool": first, "args": {"query": "what I can do"}},
                {"tool": "done", "args": {"summary": f"{name} runs; now give its tools work."}},
            ]
        ),
        PYPROJECT: DEFAULT,
        "README.md": _README.format(name=name, folder=name + SUFFIX, first=first),
        **{f".schemas/{kind}.schema.json": text for kind, text in _schemas().items()},
    }
    for tool in tools:
        files[f"tools/{tool}/tool.yaml"] = _modeline("tool", 2) + _TOOL_YAML.format(tool=tool)
        files[f"tools/{tool}/execute.py"] = _TOOL_CODE.format(tool=tool)
    return dict(sorted(files.items()))


def _schemas() -> dict[str, str]:
    """The schemas that editors read, in the draft that all of them know."""
    return {kind: _json(to_draft7(raw_schema(kind))) for kind in WRITTEN}


def _modeline(kind: str, depth: int = 0) -> str:
    return f"# yaml-language-server: $schema={'../' * depth}.schemas/{kind}.schema.json\n"


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _bullets(tools: Sequence[str]) -> str:
    return "\n".join(f"- `{tool}`: say here when to call it." for tool in tools)


_CONFIG: Final = """\
# What the agent does. How a host runs it (tokens, context, tracing) would stand in runtime.yaml.

max_steps: 15
done_tool: done
"""

_PROMPT: Final = """\
You are {name}. Work on the task with your tools, and base what you say on what they return.

{tools}
- `done`: when the task is finished; its summary is your answer.
"""

_TOOL_YAML: Final = """\
name: {tool}
description: Say in one or two sentences what this tool does; the model decides by them.
parameters:
  type: object
  properties:
    query:
      type: string
      description: What to work on.
  required: [query]
  additionalProperties: false
"""

_TOOL_CODE: Final = '''\
"""The tool `{tool}`."""


def execute(*, query: str) -> dict[str, object]:
    """Return what JSON can hold; raise to tell the model what is wrong with its call."""
    return {{"query": query, "found": []}}
'''

_DONE: Final = """\
name: done
description: Finish the task.
parameters:
  type: object
  properties:
    summary:
      type: string
      description: The answer, for the person who gave the task.
  required: [summary]
  additionalProperties: false
"""

_DONE_CODE: Final = '''\
"""The tool `done`: what it returns is the result of the run."""


def execute(*, summary: str) -> dict[str, object]:
    return {"summary": summary}
'''

_README: Final = """\
# {name}

An agent as a folder.

```
# every mistake in it, without running anything
looplet-compile check {folder}

# a run with the recorded replies, without a model
looplet run {folder} "Say what you can do" --scripted

# a run with the model that OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL name
looplet run {folder} "Say what you can do"

# an installed agent: `looplet run {name}` from anywhere; -e reads this folder at each run
pip install -e ./{folder}
```

| file | holds |
|---|---|
| `cartridge.json` | name, version, description |
| `pyproject.toml` | what makes it something that pip and uv install and build |
| `config.yaml` | what the agent does |
| `prompts/system.md` | the system prompt, word for word |
| `tools/<name>/tool.yaml` | what the model sees of a tool |
| `tools/<name>/execute.py` | the function it calls |
| `evals/cases/` | tasks to try the agent on |
| `evals/scripts/demo.json` | the replies that `--scripted` plays, beginning with `{first}` |
| `.schemas/` | what editors complete and check by; `looplet-compile schema` prints it anew |
"""
