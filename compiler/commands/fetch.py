"""`looplet-compile fetch`: a package from an index, into a folder. Nothing of it runs."""

from __future__ import annotations

import os

from looplet.compiler.archive.building import put_file
from looplet.compiler.archive.errors import PackageError
from looplet.compiler.cli import Answer
from looplet.compiler.index.fetch import fetch as fetched_from
from looplet.compiler.render.visible import visible


def fetch(requirement: str, index: str, folder: str, suffix: str) -> Answer:
    """Put the package that `requirement` means in `index` into `folder`, under its own name."""
    try:
        got = fetched_from(index, requirement, suffix=suffix)
    except PackageError as error:
        return Answer(1, remarks=f"{error}\n")
    target = os.path.join(folder, os.path.basename(got.path))
    with open(got.path, "rb") as stream:
        put_file(stream.read(), target)
    remarks = "".join(f"{visible(each)}\n" for each in got.remarks)
    return Answer(0, f"{visible(target)}\nsha256 {got.sha256}\n", remarks)


__all__ = ["fetch"]
