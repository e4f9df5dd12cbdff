"""A package as a wheel: what pip and uv install, and `looplet list` finds by its metadata alone.

    hello-1.0.0.dist-info/METADATA, WHEEL, RECORD, entry_points.txt     what every wheel has
    hello-1.0.0.dist-info/cartridge/…, parents/…, CARTRIDGE-INFO/…      the package as it is
    hello_cartridge/__init__.py, __main__.py                            the command of the agent

The tree lies in the metadata and not among what can be imported: a cartridge is no Python package,
names its files as it likes, and is loaded into modules of its own. The two modules hold no code of
the author's, and of his words only names that have been reduced to letters, digits and `-`.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from looplet.compiler.archive.package import Package, json_bytes
from looplet.compiler.archive.record import in_order
from looplet.compiler.archive.wheel_metadata import Metadata, metadata_of
from looplet.compiler.archive.zip_writer import Stamp, stamp, written
from looplet.contents import File
from looplet.installed import EDITABLE, ENTRY_POINTS, GROUP

TAG: Final = "py3-none-any"
GENERATOR: Final = "looplet (package format 1)"
"""Not the version of looplet: another one that writes the same format writes the same wheel."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """filename: as the standard forms it. info: the name of its `.dist-info` folder.
    members: every file in it, RECORD included."""

    filename: str
    info: str
    members: Mapping[str, File] = field(repr=False)

    def data(self, at: Stamp | None = None) -> bytes:
        """The bytes of the file. at: the date of its members, that of `stamp()` if left out."""
        return written(self.members, stamp() if at is None else at)

    def metadata(self) -> dict[str, bytes]:
        """The files that say what it is, by their names in `info`, without RECORD."""
        return {
            name: self.members[f"{self.info}/{name}"].data
            for name in ("METADATA", "WHEEL", ENTRY_POINTS)
        }


def wheel_of(package: Package, root: str) -> Wheel:
    """The wheel that holds `package`. root: what that was made of, for messages.

    Raises CartridgeError with everything that keeps it from being a wheel.
    """
    return _wheel(metadata_of(package, root), package.members())


def editable_wheel(package: Package, root: str, folder: str) -> Wheel:
    """A wheel with nothing in it but the way to `folder`, where the cartridge is edited.

    folder: its absolute path. Raises what `wheel_of` does.
    """
    metadata = metadata_of(package, root, editable=True)
    return _wheel(metadata, {EDITABLE: File(json_bytes({"folder": folder}))})


def _wheel(metadata: Metadata, inside: Mapping[str, File]) -> Wheel:
    module, info = metadata.names.module, f"{metadata.stem}.dist-info"
    members = {f"{info}/{name}": file for name, file in inside.items()}
    texts = {
        f"{info}/METADATA": metadata.text(),
        f"{info}/WHEEL": _WHEEL.format(generator=GENERATOR, tag=TAG),
        f"{info}/{ENTRY_POINTS}": _ENTRY_POINTS.format(
            command=metadata.names.distribution, module=module, group=GROUP, name=metadata.name
        ),
        f"{module}/__init__.py": _INIT.format(command=metadata.names.distribution, info=info),
        f"{module}/__main__.py": _MAIN.format(module=module),
    }
    members |= {name: File(text.encode()) for name, text in texts.items()}
    members[f"{info}/RECORD"] = File(record_text(members, f"{info}/RECORD").encode())
    return Wheel(f"{metadata.stem}-{TAG}.whl", info, members)


def record_text(members: Mapping[str, File], own: str) -> str:
    """RECORD of a wheel: its files with digest and size, in the order of the names' bytes.

    own: the name of RECORD itself, which has neither.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for name in in_order({*members, own}):
        if name == own:
            rows.writerow((name, "", ""))
            continue
        data = members[name].data
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
        rows.writerow((name, f"sha256={digest}", len(data)))
    return text.getvalue()


_WHEEL: Final = """\
Wheel-Version: 1.0
Generator: {generator}
Root-Is-Purelib: true
Tag: {tag}
"""

_ENTRY_POINTS: Final = """\
[console_scripts]
{command} = {module}:main

[{group}]
{name} = {module}
"""

_INIT: Final = '''\
"""The command of an installed agent, whose files are in the metadata of its distribution."""

COMMAND = "{command}"
INFO = "{info}"


def main() -> int:
    """Run the agent, with the arguments that the process was given."""
    from looplet.commands.packaged import main

    return main(COMMAND, __file__, INFO)
'''

_MAIN: Final = '''\
"""`python -m {module}`."""

import sys

from {module} import main

if __name__ == "__main__":
    sys.exit(main())
'''

__all__ = ["GENERATOR", "TAG", "Wheel", "editable_wheel", "record_text", "wheel_of"]
