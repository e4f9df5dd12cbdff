"""A cartridge with one of everything that a lock pins, as texts by path."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from looplet.compiler import cartridge_to_preset
from looplet.compiler.locking.asking import Said
from looplet.compiler.locking.lockfile import read, written
from looplet.compiler.locking.making import make
from looplet.compiler.locking.resolving import Resolver

Lock = Callable[..., tuple[int, str, str]]
"""lock("--check", …): the exit code of the command on the child, its stdout and its stderr."""

NPM = {"@acme/docs@1.4.2": f"sha512-{'ab' * 43}==", "inner@0.1.0": f"sha512-{'cd' * 43}=="}
"""What the npm of the tests knows."""

DIGEST = "sha256:" + "5e" * 32
DONE = {
    "prompts/system.md": "Do it, then call done.\n",
    "tools/done/tool.yaml": "name: done\ndescription: End.\n"
    "parameters:\n  summary: {type: string}\n",
    "tools/done/execute.py": "def execute(*, summary: str):\n    return {'summary': summary}\n",
}
CONFIG = f"""\
extends: ../parent.cartridge
model: {{provider: openai, name: made-2026-01-31}}
builtin_tools: [subagent]
mcp_servers:
  docs:
    command: npx -y @acme/docs@1.4.2 --stdio
    env: {{DOCS_TOKEN: quite-secret-words}}
  clock: {{command: uvx clock==2.0}}
  logs: {{command: "docker run -i --rm acme/logs@{DIGEST}"}}
  own: {{command: ["${{runtime.python_executable}}", "${{runtime.cartridge_root}}/own.py"]}}
  web: {{url: "https://docs.example.com/mcp?key=quite-secret-words"}}
"""
MANIFEST = """\
{
  "name": "child",
  "schema_version": 2,
  "version": "1.0.0",
  "requires_python": ">=3.11",
  "dependencies": ["alpha>=1", "gamma"]
}
"""
AGENT = "child.cartridge/agents/helper.cartridge"
FILES = {
    "parent.cartridge/cartridge.json": '{"name": "parent", "schema_version": 2,'
    ' "version": "0.3.0", "dependencies": ["beta<1.5"]}\n',
    "parent.cartridge/config.yaml": "extends: ../grand.cartridge\nmax_steps: 9\n",
    **{f"parent.cartridge/{path}": text for path, text in DONE.items()},
    "grand.cartridge/cartridge.json": '{"name": "grand", "schema_version": 2}\n',
    "grand.cartridge/config.yaml": "max_steps: 7\n",
    "grand.cartridge/prompts/system.md": "Do it.\n",
    "child.cartridge/cartridge.json": MANIFEST,
    "child.cartridge/config.yaml": CONFIG,
    "child.cartridge/own.py": "print('a server')\n",
    "child.cartridge/evals/scripts/demo.json": '[{"tool": "done", "args": {"summary": "ok"}}]\n',
    f"{AGENT}/cartridge.json": '{"name": "helper", "schema_version": 2,'
    ' "dependencies": ["delta"]}\n',
    f"{AGENT}/config.yaml": "model: {provider: ollama, name: small:1b}\n"
    "mcp_servers:\n  inner: {command: npx -y inner@0.1.0}\n",
    **{f"{AGENT}/{path}": text for path, text in DONE.items()},
}


def write(folder: Path, files: Mapping[str, str | None]) -> Path:
    """Write texts (None: take the file away) below a folder."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            target.unlink()
        else:
            target.write_text(text, encoding="utf-8")
    return folder


def answers(argv: Sequence[str], files: Mapping[str, str]) -> Said:
    """What uv and npm say, without any: version 1.0 of everything, or the one that is asked for."""
    if argv[1] == "view":
        return Said(0, json.dumps(f"sha512-{sha256(argv[2].encode()).hexdigest()}"), "")
    lines = []
    for line in files["requirements.in"].splitlines():
        name, version = re.split(r"[<>=]", line)[0], line.partition("==")[2]
        digest = sha256(line.encode()).hexdigest()
        lines.append(f"{name}=={version or '1.0'} \\\n    --hash=sha256:{digest}\n")
    return Said(0, "".join(lines), "")


def lock_quickly(child: Path) -> dict[str, Any]:
    """Lock a folder with these answers; what was written."""
    made, _ = make(
        cartridge_to_preset(child),
        find=lambda name: Resolver("uv", ("uv", "pip", "compile"), answers),
        ask=answers,
    )
    data = written(made)
    (child / "cartridge.lock").write_bytes(data)
    return read(data)


def read_lock(child: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((child / "cartridge.lock").read_bytes())
    return found
