"""Cartridges with agents nested in them, as folders."""

from __future__ import annotations

from pathlib import Path

DONE = {
    "tools/done/tool.yaml": (
        "name: done\ndescription: End.\nparameters:\n  summary: {type: string}\n"
    ),
    "tools/done/execute.py": "def execute(*, summary):\n    return {'summary': summary}\n",
}
LOOK = {
    "tools/look/tool.yaml": (
        "name: look\ndescription: Look.\nparameters:\n  word: {type: string}\n"
    ),
    "tools/look/execute.py": "def execute(*, word):\n    return {'saw': word}\n",
}


def cartridge(name: str, config: str = "max_steps: 5\n", **files: str) -> dict[str, str]:
    """The files of a small cartridge that checks clean, text by path; `files` are laid over it."""
    return {
        "cartridge.json": (
            f'{{"name": "{name}", "schema_version": 2, "description": "The agent {name}."}}\n'
        ),
        "config.yaml": config,
        "prompts/system.md": f"You are {name}.\n",
        **DONE,
        **files,
    }


def inside(folder: str, files: dict[str, str]) -> dict[str, str]:
    """The same files in a folder of another cartridge."""
    return {f"{folder}/{path}": text for path, text in files.items()}


def write(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
    return root


def nested(tmp_path: Path, config: str = "builtin_tools: [subagent]\n", **files: str) -> Path:
    """`boss` with `agents/researcher.cartridge`, in which there is `agents/writer.cartridge`."""
    writer = cartridge("writer", **LOOK)
    researcher = cartridge(
        "researcher", "max_steps: 4\nbuiltin_tools: [subagent]\n", **LOOK
    ) | inside("agents/writer.cartridge", writer)
    boss = cartridge("boss", config, **LOOK) | inside("agents/researcher.cartridge", researcher)
    return write(tmp_path / "boss.cartridge", {**boss, **files})
