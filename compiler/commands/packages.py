"""The commands of `looplet-compile` on packages, in click: build, open, compare, sign, pin.

As in `table`, each returns an Answer, and what it needs is loaded when it runs.
"""

from __future__ import annotations

from looplet.compiler.commands.table import commands

__all__ = ["commands"]
