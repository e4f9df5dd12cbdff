"""`scaffold_cartridge`: the model writes a new, small cartridge, into one folder and nowhere else.

It is what `looplet-compile new` writes: complete, and checked at once. What is there already is
never touched. It runs nothing of what it wrote.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from looplet.tools import ToolSpec

if TYPE_CHECKING:
    from looplet.builtin_tools.host import Host

PARAMETERS: Final = {
    "type": "object",
    "properties": {
        "name": {
            "type": "string",
            "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$",
            "description": "The name of the new agent.",
        },
        "tools": {
            "type": "array",
            "items": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
            "maxItems": 30,
            "default": [],
            "description": "Names of its tools; `done` is there anyway. Each is a stub to fill in.",
        },
    },
    "required": ["name"],
    "additionalProperties": False,
}


def make(host: Host, *, folder: str | None = None) -> list[ToolSpec]:
    """The tool. `folder`: where new cartridges are written; relative to the working folder."""
    if not isinstance(folder, str) or not folder:
        raise ValueError(
            'it needs a `folder` to write into, such as `{folder: "${runtime.output}"}`'
        )

    def execute(*, name: str, tools: list[str]) -> dict[str, Any]:
        try:
            from looplet.compiler import check
            from looplet.compiler.commands.scaffold import write
        except ImportError as error:
            raise ImportError(
                f"writing a cartridge needs {error.name}: pip install 'looplet[compiler]'"
            ) from error
        # The name has no separator in it, so the folder is the one that is allowed.
        made = write(name, tools, folder)
        checked = check(made, cache=False)
        return {
            "cartridge": os.path.relpath(made, folder),
            "files": sorted(
                os.path.relpath(os.path.join(place, file), made).replace(os.sep, "/")
                for place, _, files in os.walk(made)
                for file in files
                if ".schemas" not in place
            ),
            "findings": [
                f"{found.path}: {found.code} {found.message}" for found in checked.diagnostics
            ],
        }

    return [
        ToolSpec(
            "scaffold_cartridge",
            "Write the folder of a new agent that runs at once, its tools as stubs to fill in. "
            "Returns its files and what a check of it finds. Never overwrites one.",
            PARAMETERS,
            execute,
            idempotency="not_idempotent",
        )
    ]


__all__ = ["make"]
