"""`--index` of commands that read packages: what is named and not here is fetched first."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from looplet.compiler.cli import Answer

Command = Callable[..., Answer]


def indexed(parameter: str) -> Callable[[Command], Command]:
    """Give a command `--index`, which holds for its argument `parameter`: a text, or several.

    What is there as a path stays as it is, so that a folder can be compared with a release. What is
    refused is the command's answer, with 1.
    """

    def give(command: Command) -> Command:
        @wraps(command)
        def run(*, index: str | None, **given: Any) -> Answer:
            if index is None:
                return command(**given)
            from looplet.compiler.archive.errors import PackageError

            remarks: list[str] = []
            try:
                found = given[parameter]
                given[parameter] = (
                    _place(found, index, remarks)
                    if isinstance(found, str)
                    else tuple(_place(each, index, remarks) for each in found)
                )
            except PackageError as error:
                return Answer(1, remarks=f"{error}\n")
            answer = command(**given)
            return answer._replace(remarks="".join(remarks) + answer.remarks)

        option = click.option("--index", metavar="URL-or-DIR", help="Fetch names from this index.")
        return option(run)

    return give


def _place(named: str, index: str, remarks: list[str]) -> str:
    """The path of what `named` means."""
    from looplet.compiler.index.fetch import fetch
    from looplet.compiler.render.visible import visible
    from looplet.places import is_name

    if os.path.lexists(named) or not is_name(named):
        return named
    got = fetch(index, named)
    remarks += [f"{visible(each)}\n" for each in got.remarks]
    return got.path


__all__ = ["indexed"]
