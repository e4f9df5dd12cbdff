"""The small cartridge that ships, with what else a review has to be able to tell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

HELLO = Path(__file__).parents[2] / "cartridges" / "hello.cartridge"
ALSO = {
    "config.yaml": HELLO.joinpath("config.yaml").read_text("utf-8")
    + """\
permissions:
  default: deny
  allow: [greet, done]
mcp_servers:
  docs:
    command: docs-server
    tools: [search]
builtin_hooks:
  - stagnation
  - budget_cap: {max_tokens: 1000}
""",
    "cartridge.json": """\
{
  "name": "hello",
  "schema_version": 2,
  "version": "1.0.0",
  "description": "Greets people.",
  "dependencies": ["rich>=13"]
}
""",
    "runtime.yaml": "max_tokens: 500\n",
    "memory/long_term.md": "Everybody has a name.\n",
    "data/names.bin": b"\x00\x01",
}
"""What the shipped one has not, and a review has to be able to tell."""

Contents = Mapping[str, str | bytes | None]


def put(folder: Path, files: Contents) -> None:
    """Write files; None takes one away."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.unlink()
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_bytes(content.encode())
