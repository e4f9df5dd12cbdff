"""Cartridges in everything that carries them: an archive, a wheel, an installed distribution.

Installing is unpacking a wheel below a folder of `sys.path`, which is what pip does with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from looplet import AgentPreset, cartridge_to_preset
from looplet.compiler.archive.building import archive_of, file_name
from looplet.compiler.archive.package import pack
from looplet.compiler.archive.wheel import wheel_of

ROOT = Path(__file__).parents[2]
CARTRIDGES = sorted(
    path
    for folder in ("cartridges", "tests/corpus/valid", "tests/corpus/odd")
    for path in (ROOT / folder).glob("*.cartridge")
)

DONE = {
    "tools/done/tool.yaml": (
        "name: done\ndescription: End.\nparameters:\n  summary: {type: string}\n"
    ),
    "tools/done/execute.py": "def execute(*, summary):\n    return {'summary': summary}\n",
}


def files_of(
    name: str, config: str = "max_steps: 5\n", version: str = "1.0.0", **more: str
) -> dict[str, str]:
    """The files of a small agent that checks clean; `more` by path, over it."""
    return {
        "cartridge.json": (
            f'{{"name": "{name}", "schema_version": 2, "version": "{version}", '
            f'"description": "The agent {name}."}}\n'
        ),
        "config.yaml": config,
        "prompts/system.md": f"You are {name}.\n",
        **DONE,
        **more,
    }


def write(root: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())
    return root


def archive(cartridge: Path | AgentPreset, folder: Path) -> Path:
    """The package file of a cartridge, in `folder`."""
    preset = cartridge if isinstance(cartridge, AgentPreset) else cartridge_to_preset(cartridge)
    package = pack(preset)
    path = folder / file_name(package)
    path.write_bytes(archive_of(package))
    return path


def wheel(cartridge: Path | AgentPreset, folder: Path) -> Path:
    """The wheel of a cartridge, in `folder`."""
    preset = cartridge if isinstance(cartridge, AgentPreset) else cartridge_to_preset(cartridge)
    made = wheel_of(pack(preset), preset.name)
    path = folder / made.filename
    path.write_bytes(made.data())
    return path


def install(file: Path, site: Path) -> Path:
    """Install a wheel below `site`; its `.dist-info` folder."""
    with zipfile.ZipFile(file) as members:
        members.extractall(site)
        for member in members.infolist():
            os.chmod(site / member.filename, member.external_attr >> 16 & 0o777)
        info = next(name for name in members.namelist() if ".dist-info/" in name)
    return site / info.split("/")[0]


BARE = """
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"yaml", "click", "jsonschema", "jinja2", "packaging",
                                      "markupsafe", "referencing", "cryptography"}:
            raise ModuleNotFoundError(f"no {name} here", name=name)
sys.meta_path.insert(0, Nothing())
sys.path[:0] = sys.argv.pop(1).split(":")
"""


def bare(code: str, *arguments: object, site: object = "", **options: object) -> str:
    """What `code` prints in a process with nothing but looplet's core; `site` is on its path."""
    command = [sys.executable, "-c", BARE + code, str(site), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)
