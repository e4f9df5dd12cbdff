"""Cartridges of any size, made up but believable, the same for the same seed.

In: a size and a seed.  Out: `{path: text}`, and `write` puts it on disk.  They use only what the
published package reads as well: no slot of ours, and YAML in the narrow form its reader takes
(no `---`, no anchors, block lists indented under their key, block scalars instead of long lines).
"""

from __future__ import annotations

import json
import random
from pathlib import Path

from bodies import DONE, KEEPER, READER, RUNNER, SEARCHER, SMALL, WRITER, Family

Files = dict[str, str]

CODER_TOOLS: dict[str, tuple[Family, str]] = {
    "read_file": (READER, "Read part of a text file, with line numbers."),
    "read_test": (READER, "Read part of a test file, with line numbers."),
    "outline": (READER, "Show the definitions of a source file, in order."),
    "edit_file": (WRITER, "Replace one piece of text in a file."),
    "edit_test": (WRITER, "Replace one piece of text in a test file."),
    "rename_symbol": (WRITER, "Rename what is defined in one place of a file."),
    "grep": (SEARCHER, "Find a pattern in the text of all files."),
    "find_files": (SEARCHER, "Find files by a pattern in their text and their name."),
    "find_usages": (SEARCHER, "Find where a name is used."),
    "git_status": (RUNNER, "Show what changed since the last commit."),
    "git_log": (RUNNER, "Show the latest commits, newest first."),
    "git_diff": (RUNNER, "Show the changes of one file or of all."),
    "run_tests": (RUNNER, "Run the project's tests, or some of them."),
    "format_code": (RUNNER, "Run the project's formatter over given files."),
    "plan": (KEEPER, "Keep the plan: what is to be done, in order."),
    "remember": (KEEPER, "Keep a fact worth knowing for the rest of the run."),
}

_WORDS = (
    "amber birch cedar delta ember fjord grove heron inlet jetty kelp larch maple night ochre "
    "pearl quartz ridge shale tidal umber vale willow xenon yarrow zephyr"
)
WORDS = _WORDS.split()


def plain(tools: int, seed: int) -> Files:
    """A cartridge of this many small tools, `done` among them, and nothing else of size."""
    chance = random.Random(f"plain {tools} {seed}")
    files = _head(chance, max_steps=20)
    names = [f"{chance.choice(WORDS)}_{number}" for number in range(tools - 1)]
    for name in names:
        files |= _tool(chance, name, SMALL, f"Find {chance.choice(WORDS)} in a text.", long=False)
    files |= _tool(chance, "done", DONE, "End the run with a summary.", long=False)
    files["prompts/system.md"] = f"# {_phrase(chance)}\n\nUse the tools, then call `done`.\n"
    return files


def coder(seed: int) -> Files:
    """A cartridge the size of a coding agent: 17 tools, 5 hooks, 4 resources, 60 files in all."""
    chance = random.Random(f"coder {seed}")
    files = _head(chance, max_steps=80)
    files["config.yaml"] += CODER_CONFIG
    for name, (family, summary) in CODER_TOOLS.items():
        files |= _tool(chance, name, family, summary, long=True)
    files |= _tool(chance, "done", DONE, "End the run with a summary.", long=True)
    files["prompts/system.md"] = _system_prompt(chance)
    for number, name in enumerate(HOOKS):
        files |= _hook(chance, number * 10, name)
    for name, value in RESOURCES.items():
        files[f"resources/{name}.py"] = RESOURCE.format(name=name, value=value)
    files["memory/10_style.md"] = f"# Style\n\n{_paragraph(chance)}\n"
    files["memory/20_steps.py"] = MEMORY_SOURCE.format(word=chance.choice(WORDS))
    files |= _evals(chance)
    return files


def write(place: Path, files: Files) -> Path:
    """Write one cartridge below `place` -> its folder."""
    root = place / "bench.cartridge"
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return root


def tool_count(files: Files) -> int:
    return sum(name.endswith("/tool.yaml") for name in files)


def _head(chance: random.Random, *, max_steps: int) -> Files:
    manifest = {
        "name": "bench",
        "schema_version": 2,
        "version": "1.0.0",
        "description": f"Made up for a benchmark: {_phrase(chance)}.",
    }
    return {
        "cartridge.json": json.dumps(manifest, indent=2) + "\n",
        "config.yaml": f"# What the agent does.\nmax_steps: {max_steps}\ndone_tool: done\n",
        "runtime.yaml": "# How this host runs it.\nmax_tokens: 4000\ntemperature: 0.2\n",
    }


def _tool(chance: random.Random, name: str, family: Family, summary: str, *, long: bool) -> Files:
    """The two files of one tool; a long one has a description of several lines."""
    lines = [f"name: {name}"]
    if long:
        text = _description(chance, summary).splitlines()
        lines += ["description: |-", *(f"  {line}".rstrip() for line in text)]
    else:
        lines.append(f"description: {summary}")
    lines.append("parameters:")
    for parameter in family.parameters:
        lines += [f"  {parameter.name}:", f"    type: {parameter.type}"]
        lines.append(f"    description: {parameter.description} Think of {_phrase(chance)}.")
        if parameter.type == "array":
            lines += ["    items:", "      type: string"]
        if parameter.default:
            lines.append(f"    default: {parameter.default}")
    if family.requires:
        lines += ["requires:", *(f"  - {name}" for name in family.requires)]
    if family in (READER, SEARCHER):
        lines += ["concurrent_safe: true", "timeout_s: 30"]
    body = family.body.replace("@NAME@", name).replace("@WORD@", chance.choice(WORDS))
    body = body.replace("@LIMIT@", str(chance.randrange(1000, 100_000)))
    return {
        f"tools/{name}/tool.yaml": "\n".join(lines) + "\n",
        f"tools/{name}/execute.py": body,
    }


def _hook(chance: random.Random, number: int, name: str) -> Files:
    folder = f"hooks/{number:02d}_{name}"
    settings = f"class_name: {name}\nkwargs:\n  limit: {chance.randrange(3, 90)}\n"
    method = HOOKS[name].format(word=chance.choice(WORDS))
    return {
        f"{folder}/config.yaml": settings + '  notes: "@notes"\n',
        f"{folder}/hook.py": HOOK.format(name=name, method=method),
    }


def _evals(chance: random.Random) -> Files:
    files = {"evals/eval_answer.py": EVAL, "evals/collect_changes.py": COLLECT}
    for word in chance.sample(WORDS, 4):
        case = {
            "id": f"fix-{word}",
            "task": {"description": f"Repair the {word} module: {_phrase(chance)}."},
            "expected": {"tests_passing": True},
            "marks": ["fast"],
            "notes": _phrase(chance),
        }
        files[f"evals/cases/fix-{word}.json"] = json.dumps(case, indent=2) + "\n"
    return files


def _phrase(chance: random.Random) -> str:
    return " ".join(chance.sample(WORDS, 4))


def _paragraph(chance: random.Random) -> str:
    return "\n".join(f"Prefer {_phrase(chance)} over {_phrase(chance)}." for _ in range(6))


def _description(chance: random.Random, summary: str) -> str:
    """Five to ten lines: what it does, when to use it, what comes back."""
    hints = [f"- Good for {_phrase(chance)}." for _ in range(chance.randrange(2, 6))]
    return "\n".join([summary, "", "When to use it:", *hints, f"Not for {_phrase(chance)}.\n"])


def _system_prompt(chance: random.Random) -> str:
    rules = "\n".join(f"{number}. {_paragraph(chance)}" for number in range(1, 8))
    names = "\n".join(f"- `{name}`: {summary}" for name, (_, summary) in CODER_TOOLS.items())
    return f"# A coding agent\n\n{rules}\n\n## Tools\n\n{names}\n- `done`: end the run.\n"


CODER_CONFIG = """model:
  provider: openai
  name: any-model
  temperature: 0.2
permissions:
  default: allow
  deny:
    - tool: edit_file
      contains:
        path: .git/
      reason: the history is not ours to edit
    - tool: git_log
      matches:
        timeout: 0
memory:
  long_term: memory/10_style.md
builtin_hooks:
  - stagnation:
      threshold: 4
      ignore_tools:
        - done
  - per_tool_limit:
      limits:
        run_tests: 40
        grep: 100
"""

HOOKS = {
    "StartNote": '''    def pre_loop(self, state, session_log, context):
        """Start with an empty list."""
        self.notes["{word}"] = []''',
    "Reminder": '''    def pre_prompt(self, state, session_log, context, step_num):
        """Say at every tenth step what is left."""
        if step_num % 10 == 0 and step_num < self.limit:
            return f"{word}: step {{step_num}} of {{self.limit}}"
        return None''',
    "PathGuard": '''    def pre_dispatch(self, state, session_log, tool_call, step_num):
        """Only watch: the permission rules decide."""
        path = str(tool_call.args.get("path", ""))
        if path.startswith("{word}"):
            self.notes.setdefault("paths", []).append(path)
        return None''',
    "ResultWatch": '''    def post_dispatch(self, state, log, tool_call, tool_result, step_num):
        """Point out a failure once."""
        if tool_result.error and len(self.notes) < self.limit:
            self.notes.setdefault("{word}", []).append(tool_call.tool)
            return "The last call failed; read its error before you go on."
        return None''',
    "TestedFirst": '''    def check_done(self, state, session_log, context, step_num):
        """Refuse to end a run that never ran the tests."""
        if "{word}" in self.notes and step_num < self.limit:
            return "Run the tests before you call done."
        return None''',
}

HOOK = '''"""A hook: {name}."""

from __future__ import annotations


class {name}:
    """Watches a run and keeps what it saw in the shared notes."""

    def __init__(self, *, limit: int = 10, notes: dict | None = None) -> None:
        self.limit = limit
        self.notes = {{}} if notes is None else notes

    def to_config(self) -> dict:
        return {{"limit": self.limit, "notes": "@notes"}}

{method}
'''

RESOURCES = {
    "workspace": 'str((runtime or {}).get("workspace", "."))',
    "history": "[]",
    "notes": "{}",
    "limits": '{"command_seconds": 120, "steps": 80}',
}

RESOURCE = '''"""{name}: shared by the tools and hooks of one run."""

from __future__ import annotations

THREAD_SAFE = False


def build(runtime=None):
    """Build it once a run."""
    return {value}
'''

MEMORY_SOURCE = '''"""What the agent is told about its own progress."""


def load(state) -> str:
    """One line, at every prompt."""
    return f"{word}: {{len(state.steps)}} steps so far."
'''

EVAL = '''"""Scores of a finished run."""

from __future__ import annotations


def eval_tests_passing(ctx):
    """1.0 when the last test run succeeded."""
    for step in reversed(ctx.steps):
        if step.tool_call.tool == "run_tests":
            return 1.0 if step.tool_result.data.get("exit_code") == 0 else 0.0
    return 0.0


def eval_short(ctx):
    """Fewer steps are better."""
    return min(1.0, 20 / max(1, len(ctx.steps)))
'''

COLLECT = '''"""What the run left behind."""


def collect_changes(ctx):
    """The files that were edited."""
    edits = [step for step in ctx.steps if step.tool_call.tool == "edit_file"]
    return {"edited": sorted({step.tool_call.args["path"] for step in edits})}
'''
