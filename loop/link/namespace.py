"""An agent's own Python files as modules, in a namespace that nothing else sees.

A file is executed from the bytes it is given, once, when it is first asked for. Nothing is put on
`sys.path`: an author's `import helper` reaches us because the modules here have an `__import__` of
their own, which looks where `looplet.link.lookup` says and leaves everything else to Python's.
(`importlib.import_module` knows nothing of this.)
"""

from __future__ import annotations

import builtins
import sys
import weakref
from _thread import RLock
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import ModuleSpec
from itertools import count
from types import ModuleType
from typing import Any

from looplet.link.lookup import Lookup, join, parent
from looplet.preset import File

_numbers = count(1)


class LoadError(Exception):
    """The author's code could not be loaded. `path` and `line` say where; `line` is 0 if unknown.

    Its text is one line: `tools/search/execute.py:3: ModuleNotFoundError: No module named 'x'`.
    """

    def __init__(self, path: str, line: int, why: str) -> None:
        super().__init__(f"{path}:{line}: {why}" if line else f"{path}: {why}")
        self.path, self.line, self.why = path, line, why


class Namespace:
    """The modules of one agent.

    files: by posix path relative to the agent's root. place: gives the path on this machine of
    one of them, for `__file__`; it is asked only for a file whose text has that word, unless
    `on_disk` says that asking costs nothing. `title` names the agent in tracebacks.

    All methods may be called from any thread; a module is executed by one of them.
    """

    def __init__(
        self,
        files: Mapping[str, File],
        place: Callable[[str], str],
        *,
        on_disk: bool = False,
        title: str = "cartridge",
    ) -> None:
        self.name = f"looplet_cartridge_{next(_numbers)}"
        self._files = files
        self._place = place
        self._on_disk = on_disk
        self._title = title
        self._lookup = Lookup(files)
        self._lock = RLock()
        self._modules: dict[str, ModuleType] = {}
        """By key: a file's path without `.py`, a folder's path; "" is the root."""
        self._ready: dict[str, ModuleType] = {}
        self._paths: dict[str, str] = {}
        """The path of a file by its module's name."""
        self._sources: dict[str, str] = {}
        """The path of a file by the name that tracebacks know it by."""
        self._builtins = {**vars(builtins), "__import__": _importer(self)}
        self.close = weakref.finalize(self, _forget, self._modules, self._sources)
        """Take the modules out of `sys.modules`. Runs by itself when nothing uses this any more."""

    # ── loading ───────────────────────────────────────────────────────────────────────────────

    def load(self, path: str) -> ModuleType:
        """The module of the file at `path`. Raises LoadError, whatever its code does."""
        ready = self._ready.get(path[:-3])
        if ready is not None:
            return ready
        if path not in self._files:
            raise LoadError(path, 0, "there is no such file in the cartridge")
        try:
            return self._module(_key(path), path)
        except (Exception, SystemExit) as error:
            raise self.load_error(error, path) from error

    def function(self, path: str, name: str, spelling: str) -> Callable[..., Any]:
        """What the file at `path` calls `name`. Raises LoadError if it has no such function."""
        found = getattr(self.load(path), name, None)
        if not callable(found):
            raise LoadError(path, 0, f"it has no `{spelling}`")
        return found  # type: ignore[no-any-return]

    def call(self, path: str, function: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
        """What a function of the file at `path` returns. Raises LoadError if it raises."""
        try:
            return function(*args, **keywords)
        except (Exception, SystemExit) as error:
            raise self.load_error(error, path) from error

    def load_error(self, error: BaseException, path: str) -> LoadError:
        """The same failure, told with the deepest place in the agent's own code."""
        if isinstance(error, LoadError):
            return error
        found, line = self._place_of(error) or (path, 0)
        if isinstance(error, SyntaxError):
            return LoadError(found, line, f"{type(error).__name__}: {error.msg}")
        if isinstance(error, SystemExit):
            return LoadError(found, line, f"the code left with sys.exit({error.code!r})")
        return LoadError(found, line, f"{type(error).__name__}: {error}")

    def in_words(self, error: BaseException) -> str:
        """Any failure of a run in one line, with its place if that is in the agent's own code."""
        found = self._place_of(error)
        if found is not None:
            return str(self.load_error(error, found[0]))
        return f"{type(error).__name__}: {error}"

    def _place_of(self, error: BaseException) -> tuple[str, int] | None:
        """Path and line of the deepest place in the agent's own files, if the error has one."""
        if isinstance(error, SyntaxError) and (own := self._sources.get(error.filename or "")):
            return own, error.lineno or 0
        found = None
        trace = error.__traceback__
        while trace is not None:
            if own := self._sources.get(trace.tb_frame.f_code.co_filename):
                found = (own, trace.tb_lineno)
            trace = trace.tb_next
        return found

    def _module(self, key: str, path: str) -> ModuleType:
        with self._lock:
            if not self.close.alive:
                raise RuntimeError("the cartridge is closed; its code cannot be loaded any more")
            module = self._modules.get(key)  # also one that is being executed up this thread
            if module is None:
                module = self._execute(key, path)
            return module

    def _execute(self, key: str, path: str) -> ModuleType:
        data = self._files[path].data
        wants_place = self._on_disk or b"__file__" in data
        source = self._place(path) if wants_place else f"<{self._title}>/{path}"
        self._sources[source] = path
        package = path.endswith("__init__.py")
        module = self._new(key, _Loader(data), source, package)
        module.__dict__["__builtins__"] = self._builtins
        module.__file__ = source
        self._paths[module.__name__] = path
        try:
            exec(compile(data, source, "exec", dont_inherit=True), module.__dict__)
        except BaseException:
            self._modules.pop(key, None)
            sys.modules.pop(module.__name__, None)
            raise
        self._ready[key] = module
        self._attach(key, module)
        return module

    def _folder(self, key: str) -> ModuleType:
        """The module of a folder: its `__init__.py`, if it has one."""
        init = join(key, "__init__.py")
        if init in self._files:
            return self._module(key, init)
        with self._lock:
            if (module := self._modules.get(key)) is None:
                module = self._new(key, None, None, True)
                self._ready[key] = module
                self._attach(key, module)
            return module

    def _new(self, key: str, loader: Any, source: str | None, package: bool) -> ModuleType:
        if key:
            self._bare_folder(parent(key))
        name = self._name(key)
        module = ModuleType(name)
        spec = ModuleSpec(name, loader, origin=source, is_package=package)
        module.__spec__, module.__loader__ = spec, loader
        module.__package__ = name if package else name.rpartition(".")[0]
        if package:
            module.__path__ = []
        self._modules[key] = sys.modules[name] = module
        return module

    def _bare_folder(self, key: str) -> None:
        # pickle and typing want the parents of a module in sys.modules, but only an import that
        # names a package runs its __init__.py.
        if key not in self._modules and join(key, "__init__.py") not in self._files:
            self._folder(key)

    def _attach(self, key: str, module: ModuleType) -> None:
        above = self._modules.get(parent(key)) if key else None
        if above is not None:
            setattr(above, key.rpartition("/")[2], module)

    def _name(self, key: str) -> str:
        parts = [part.replace(".", "%2e") for part in key.split("/")] if key else []
        return ".".join([self.name, *parts])

    # ── importing ─────────────────────────────────────────────────────────────────────────────

    def import_(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """`__import__` for the agent's own modules."""
        importer = self._paths.get((globals or {}).get("__name__", ""), "")
        names = fromlist or ()
        if level == 0:
            base = self._lookup.base_of(name, importer, names)
            if base is None:
                return builtins.__import__(name, globals, locals, names, 0)
        else:
            base = parent(importer)
            for _ in range(level - 1):
                if not base:
                    raise ImportError("attempted relative import beyond the cartridge's folder")
                base = parent(base)
        return self._walk(base, name, names, relative=level > 0)

    def _walk(self, base: str, name: str, names: Sequence[str], relative: bool) -> ModuleType:
        top = leaf = self._folder(base) if relative else None
        key = base
        for part in name.split(".") if name else ():
            key = join(key, part)
            leaf = self._child(key, name)
            top = top or leaf
        assert leaf is not None and top is not None
        if not names:
            return top
        if "*" in names:
            names = [*getattr(leaf, "__all__", ())]
        for each in names:
            if not hasattr(leaf, each) and (path := self._lookup.file_of(join(key, each))):
                self._module(join(key, each), path)
        return leaf

    def _child(self, key: str, name: str) -> ModuleType:
        if (ready := self._ready.get(key)) is not None:
            return ready
        if (path := self._lookup.file_of(key)) is not None:
            return self._module(key, path)
        if self._lookup.is_folder(key):
            return self._folder(key)
        raise ModuleNotFoundError(f"No module named {name!r} in the cartridge", name=name)


class _Loader:
    """What tracebacks and `inspect` ask for the source."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def get_source(self, _name: str) -> str:
        from importlib.util import decode_source

        return decode_source(self._data)


def _importer(namespace: Namespace) -> Callable[..., ModuleType]:
    # Weak, because the modules in sys.modules hold this function: a namespace that nothing else
    # uses must end and take its modules along.
    reference = weakref.ref(namespace)

    def __import__(*args: Any, **keywords: Any) -> ModuleType:
        namespace = reference()
        if namespace is None:
            return builtins.__import__(*args, **keywords)
        return namespace.import_(*args, **keywords)

    return __import__


def _forget(modules: dict[str, ModuleType], sources: dict[str, str]) -> None:
    for module in modules.values():
        sys.modules.pop(module.__name__, None)
    modules.clear()
    linecache = sys.modules.get("linecache")
    if linecache is not None:
        for source in sources:
            linecache.cache.pop(source, None)


def _key(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__")


__all__ = ["LoadError", "Namespace"]
