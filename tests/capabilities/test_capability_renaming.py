"""What a name is called makes no difference: names of the author's own, renamed at random."""

from __future__ import annotations

import ast
import builtins
import keyword

from capability_snippets import TOOL, Snippet, of, read
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from looplet.compiler.capabilities import Capabilities

SNIPPETS = [*read("plain.txt"), *read("evasions.txt")]
NAMES = st.sampled_from(["a1", "_", "_x", "data", "helper2", "naïve", "x" * 40, "self_", "os_"])
NEW = NAMES | st.from_regex(r"[a-z_][a-z_0-9]{0,8}", fullmatch=True)


def renamable(tree: ast.Module) -> list[str]:
    """The names that a module's imports and plain assignments bind, classes aside."""
    found: dict[str, None] = {}
    fixed: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            fixed |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            aliases = [part for part in ast.walk(node) if isinstance(part, ast.alias)]
            fixed |= {alias.asname or alias.name for alias in aliases}
        elif isinstance(node, ast.alias):
            if alias_name := node.asname or ("" if "." in node.name else node.name):
                found[alias_name] = None
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = None
    return [name for name in found if name not in fixed and name != "*" and not own_meaning(name)]


def own_meaning(name: str) -> bool:
    return hasattr(builtins, name) or name in ("on_loop_end", "compact")


class Renamed(ast.NodeTransformer):
    """A module with one name called otherwise, wherever it stands as a name."""

    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old, new

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.new if node.id == self.old else node.id
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self.new if node.arg == self.old else node.arg
        self.generic_visit(node)
        return node

    def visit_alias(self, node: ast.alias) -> ast.alias:
        if (node.asname or node.name) == self.old:
            node.asname = self.new
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.name = self.new if node.name == self.old else node.name
        self.generic_visit(node)
        return node


def findings(found: Capabilities) -> set[tuple[str, str, str]]:
    every = [*found.undecided, *(each for some in found.reached.values() for each in some)]
    return {(each.capability, each.why, each.access) for each in every}


def words_of(tree: ast.Module) -> set[str]:
    names = {part.id for part in ast.walk(tree) if isinstance(part, ast.Name)}
    names |= {part.arg for part in ast.walk(tree) if isinstance(part, ast.arg)}
    names |= {part.attr for part in ast.walk(tree) if isinstance(part, ast.Attribute)}
    for alias in (part for part in ast.walk(tree) if isinstance(part, ast.alias)):
        names |= {alias.asname or "", *alias.name.split(".")}
    return names


@given(st.sampled_from(SNIPPETS), st.data())
@settings(max_examples=400, deadline=None)
def test_another_name_loses_no_finding(snippet: Snippet, data: st.DataObject) -> None:
    files = dict(snippet.files)
    try:
        tree = ast.parse(files[TOOL])
    except SyntaxError:
        return
    names = renamable(tree)
    assume(names)
    old, new = data.draw(st.sampled_from(names)), data.draw(NEW)
    assume(not keyword.iskeyword(new) and not keyword.issoftkeyword(new))
    assume(not own_meaning(new) and new not in words_of(tree))
    before = findings(of({**files, TOOL: ast.unparse(tree)}))
    after = ast.unparse(ast.fix_missing_locations(Renamed(old, new).visit(ast.parse(files[TOOL]))))
    assert findings(of({**files, TOOL: after})) == before, after


@given(st.sampled_from(SNIPPETS), st.integers(1, 4), st.booleans())
@settings(max_examples=200, deadline=None)
def test_where_it_stands_loses_no_finding(snippet: Snippet, depth: int, condition: bool) -> None:
    """The same code in functions, in classes, under conditions that are never true."""
    files = dict(snippet.files)
    source = files[TOOL]
    try:
        ast.parse(source)
    except SyntaxError:
        return
    assume("import *" not in source and "__future__" not in source and '"""' not in source)
    before = of(files)
    for level in range(depth):
        head = "if False:" if condition else f"def outer_{level}():"
        body = "".join(f"    {line}\n" for line in source.splitlines() if line.strip())
        assume(body.strip() and any(not x.strip().startswith("#") for x in body.splitlines()))
        source = f"{head}\n{body}"
    after = of({**files, TOOL: source})
    lost = {name for name in before.names if name not in after.names}
    assert not lost
    assert bool(before.undecided) <= bool(after.undecided)
