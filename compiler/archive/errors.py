"""PackageError: a package that is refused, with the finding that says why."""

from __future__ import annotations

from looplet.contents import PresetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from looplet.compiler.diagnostics import Diagnostic


class PackageError(PresetError):
    """A package is not what it must be. Nothing of it was used, and nothing was written.

    diagnostic: what is wrong; its `cartridge` is the file, its `path` the member.
    """

    def __init__(self, diagnostic: Diagnostic) -> None:
        from looplet.compiler.render.place import shown_path
        from looplet.compiler.render.visible import visible

        self.diagnostic = diagnostic
        where = shown_path(diagnostic.cartridge, diagnostic.path)
        super().__init__(visible(f"{where}: {diagnostic.code} {diagnostic.message}"))


def refused(rule: str, file: str, member: str = "", **facts: Any) -> PackageError:
    """What to raise about `file`, or one member of it: the finding of a rule of `ct7_archives`.

    rule: the name of its function. The rules are loaded here, when there is something to say.
    """
    from dataclasses import replace

    from looplet.compiler.rules import ct7_archives

    found = getattr(ct7_archives, rule).at(member, **facts)
    return PackageError(replace(found, cartridge=file))


__all__ = ["PackageError", "refused"]
