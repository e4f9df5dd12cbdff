"""What one Python file uses of the world, from its syntax tree alone.

Names are followed through imports and plain assignments, whatever the scope: a name stands for all
that the file ever binds to it. What a file might do under a condition, or never, counts like the
rest. Where a name comes from another module that is no part of Python, it is left to `infer`.

Only lines that hold a word which matters are looked at, so this is cheaper than the parse.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final, TypedDict
from unicodedata import normalize

from looplet.compiler.capabilities import anywhere
from looplet.compiler.capabilities.expressions import Expressions
from looplet.compiler.capabilities.scopes import Scopes
from looplet.compiler.capabilities.statements import statements
from looplet.compiler.capabilities.verdicts import (
    HOLDERS,
    MORE,
    below,
    canonical,
    is_module,
    is_pure,
    is_standard,
    verdict_of,
)

if TYPE_CHECKING:
    from looplet.compiler.python.places import Places


class Use(TypedDict):
    """One thing that a file uses.

    what: its name in full, `os.system`; `helper.run` or `.helper.run` of another module, and then
        there is no verdict. how: as for `verdicts.verdict_of`. span: as in `python.facts`.
    """

    what: str
    how: str
    verdict: str
    span: list[int]


class Uses(TypedDict):
    """What a file uses, and which of its names are modules, for those who import it."""

    found: list[Use]
    modules: dict[str, list[str]]


_WORD: Final = re.compile(r"\w+")
_INNER: Final = re.compile(rb"__[\w\x80-\xff]+?__(?![\w\x80-\xff])")
_FOREIGN: Final = re.compile(r"[^\W\x00-\x7f]")
_WORDS: Final = {word.encode() for word in anywhere.WORDS}
_HARMLESS: Final = {word.encode() for word in anywhere.HARMLESS}
# Splitting bytes is much quicker than a pattern, and this is done for every file.
_BETWEEN: Final = bytes(at if at > 127 or re.match(r"\w", chr(at)) else 32 for at in range(256))
_ROUNDS: Final = 40
"""How often names are followed from one to the next; who needs more means to hide something."""


def uses(
    tree: ast.Module, places: Places, imports: list[ast.Import | ast.ImportFrom]
) -> Uses | None:
    """The uses in a module; None if there are none. `imports` are all its import statements."""
    data = places.text.encode("utf-8", "surrogatepass")
    words = set(data.translate(_BETWEEN).split())
    wanted = {word.decode() for word in words & _WORDS}
    if b"__" in data:
        inner = set(_INNER.findall(data)) - _HARMLESS
        wanted |= {word.decode("utf-8", "surrogatepass") for word in inner}
    disguised = not places.text.isascii() and _disguised(places.text)
    if not wanted and not disguised and all(map(_harmless, imports)):
        return None
    file = _File(tree, places)
    for node in imports:
        file.import_(node)
    try:
        return file.look(None if disguised else wanted)
    except RecursionError:
        file.imported.append(file.made("names", "syntax", "?entangled", tree.body[0]))
        return {"found": file.imported, "modules": {}}


def _disguised(text: str) -> bool:
    """Whether Python reads a word otherwise than it is written: it folds `ｅｖａｌ` into `eval`."""
    if _FOREIGN.search(text) is None:
        return False
    return any(normalize("NFKC", word) != word for word in _WORD.findall(text))


def _harmless(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.Import):
        return all(is_pure(alias.name) for alias in node.names)
    module = node.module or ""
    if node.level or not is_pure(module):
        return False
    # `from json import codecs` and `from xml import sax` take a module of another kind.
    names = [alias.name for alias in node.names]
    return not any(name.lstrip("_") in HOLDERS or is_module(f"{module}.{name}") for name in names)


class _File:
    """The look at one file. `bound`: of each name, what it may stand for."""

    def __init__(self, tree: ast.Module, places: Places) -> None:
        self.tree = tree
        self.places = places
        self.bound: dict[str, set[str]] = {}
        self.imported: list[Use] = []

    # -- imports -----------------------------------------------------------------------------

    def import_(self, node: ast.Import | ast.ImportFrom) -> None:
        """Bind what an import statement binds, and note what it is a reach of by itself."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                if is_pure(alias.name) and "." not in alias.name:
                    continue
                name = canonical(alias.name)
                self.use(name, "import", alias)
                top = alias.name.partition(".")[0]
                self.bind(alias.asname or top, name if alias.asname else canonical(top))
            return
        module = "." * node.level + (node.module or "")
        module = module if node.level else canonical(module)
        if _harmless(node):
            return
        for alias in node.names:
            stop = "" if module.endswith(".") else "."
            name = canonical(f"{module}{stop}{alias.name}")
            if alias.name == "*":
                self.star(module, alias)
                continue
            if is_pure(module) and not is_module(name):
                name = below(module, alias.name)  # `from json import codecs`
                if name == f"{module}.{alias.name}":
                    continue
            self.use(name, "import", alias)
            self.bind(alias.asname or alias.name, name)
            if alias.asname in anywhere.MODEL_METHODS:
                self.imported.append(self.made(alias.asname, "hook", "?rebound", alias))

    def star(self, module: str, alias: ast.alias) -> None:
        if not is_standard(module):
            self.use(f"{module}.*".replace("..*", ".*"), "import", alias)
        elif not is_pure(module):
            verdict = f"{verdict_of(module, 'import')} ?star".strip()
            self.imported.append(self.made(f"{module}.*", "import", verdict, alias))

    def bind(self, name: str, origin: str) -> None:
        if not is_pure(origin):
            self.bound.setdefault(name, set()).add(origin)

    def use(self, name: str, how: str, node: ast.alias) -> None:
        own = not is_standard(name)
        verdict = "" if own else verdict_of(name, how)
        if own or verdict:
            self.imported.append(self.made(name, how, verdict, node))

    def made(self, what: str, how: str, verdict: str, node: ast.alias | ast.stmt) -> Use:
        span = self.places.whole(node)
        return {"what": what, "how": how, "verdict": verdict, "span": span}

    # -- the rest ----------------------------------------------------------------------------

    def look(self, wanted: set[str] | None) -> Uses | None:
        """Look at the lines with one of these words, or with a name that is bound to a module; at
        every line for None."""
        scopes = Scopes(self.tree)
        for _ in range(_ROUNDS):
            known = sum(map(len, self.bound.values()))
            hot = None if wanted is None else self.lines_of({*wanted, *self.bound})
            seen = Expressions(scopes, self.places, self.bound)
            for statement, functions in statements(self.tree, hot):
                seen.statement(statement, functions, hot)
            if known == sum(map(len, self.bound.values())):
                break
        else:
            seen.note("names", "syntax", "?entangled", self.tree.body[0])
        found = [*self.imported, *seen.found]
        modules = {
            name: sorted(origins)
            for name, origins in self.bound.items()
            if any(is_module(each) or not is_standard(each) or MORE in each for each in origins)
        }
        return {"found": found, "modules": modules} if found or modules else None

    def lines_of(self, words: set[str]) -> list[int]:
        """The numbers of the lines that hold one of these words, in order."""
        lines: set[int] = set()
        text, line_at = self.places.text, self.places.line_at
        for word in words:
            at = text.find(word)
            while at >= 0:
                end = at + len(word)
                if not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()):
                    lines.add(line_at(at))
                at = text.find(word, end)
        return sorted(lines)


__all__ = ["Use", "Uses", "uses"]
