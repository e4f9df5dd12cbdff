"""Whether two Python files are the same program: alike but for comments and layout.

Files are parsed and never compiled to code or run.
"""

from __future__ import annotations

import ast
import re
import threading
import warnings
from typing import Final

from looplet.compiler.python.facts import MAX_BYTES, decode

_READ_BY_OTHERS: Final = re.compile(r"\A#!.*|^# ///.*(?:\n#.*)*", re.MULTILINE)
"""Comments that somebody else reads: the program that runs a script, and what it installs first."""
_lock: Final = threading.Lock()


def same_program(old: bytes, new: bytes) -> bool:
    """Whether both parse, and to the same tree. A file that does not parse is like no other."""
    if max(len(old), len(new)) > MAX_BYTES:
        return False
    try:
        before, after = decode(old), decode(new)
        if _READ_BY_OTHERS.findall(before) != _READ_BY_OTHERS.findall(after):
            return False
        return _tree(before) == _tree(after)
    except (SyntaxError, ValueError, LookupError, OverflowError, MemoryError, RecursionError):
        return False


def _tree(text: str) -> str:
    # The parser reports odd escapes through `warnings`, whose filters are shared by all threads.
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.dump(ast.parse(text))


__all__ = ["same_program"]
