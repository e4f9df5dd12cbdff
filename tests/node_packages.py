"""The servers from npm that tests talk to: `make test` installs them into `.venv/node`.

Where npm is missing, a test that needs one is skipped and says so; under CI it fails.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def node_modules() -> Path | None:
    """The folder that they are installed in; None if they are not."""
    given = os.environ.get("LOOPLET_NODE_MODULES")
    folder = Path(given) if given else ROOT / ".venv" / "node" / "node_modules"
    return folder if folder.is_dir() else None


def node_package_bin(name: str) -> list[str]:
    """The command line of a package's command, such as `mcp-server-everything`."""
    node, folder = shutil.which("node"), node_modules()
    script = None if folder is None else folder / ".bin" / name
    if node is None or script is None or not script.exists():
        why = f"{name} is not installed: `make test` does it, where there is npm"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    return [node, str(script.resolve())]
