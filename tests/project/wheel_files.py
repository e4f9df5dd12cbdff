"""Compares a built wheel with the committed list of its files, tests/project/wheel.txt.

    python tests/project/wheel_files.py dist/looplet-1.0.0-py3-none-any.whl

A package that pyproject.toml forgets is silently absent from a wheel; here it is not silent.
Leaves with 1 and a line for each difference. `UPDATE_WHEEL=1` writes the list anew.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from zipfile import ZipFile

SNAPSHOT = Path(__file__).with_name("wheel.txt")


def files_of(wheel: str) -> list[str]:
    """The files in a wheel, sorted, its metadata under a name without the version."""
    with ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
    return sorted(re.sub(r"^looplet-[^/]+\.dist-info/", "looplet.dist-info/", n) for n in names)


def differences(real: list[str], listed: list[str]) -> list[str]:
    gone = [f"missing: {name}" for name in sorted(set(listed) - set(real))]
    new = [f"not in wheel.txt: {name}" for name in sorted(set(real) - set(listed))]
    return gone + new


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(f"usage: {Path(__file__).name} WHEEL", file=sys.stderr)
        return 2
    real = files_of(arguments[0])
    if os.environ.get("UPDATE_WHEEL"):
        SNAPSHOT.write_text("".join(f"{name}\n" for name in real), encoding="utf-8")
        return 0
    found = differences(real, SNAPSHOT.read_text(encoding="utf-8").splitlines())
    for line in found:
        print(line)
    print(f"{len(real)} files, {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
