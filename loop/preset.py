"""AgentPreset, the intermediate representation of an agent: frozen, pure data.

A preset knows what an agent *is*, never a live object of it. `bind` makes the live side;
`looplet.compiler` makes presets from folders and folders from presets.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial

from looplet.contents import (
    File,
    PresetError,
    blob,
    blob_data,
    digests,
    files_from,
    judge_paths,
    sha,
    whole_characters,
)
from looplet.frozen import EMPTY, FrozenDict, NotData, freeze, sealed, thaw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from looplet.config import LoopConfig
    from looplet.link import Binding
    from looplet.state import DefaultState
    from looplet.tools import BaseToolRegistry
    from looplet.types import Step

FORMAT: Final = 1
"""The version of the JSON rendering."""

CONFIG_DEFAULTS: Final = FrozenDict(max_steps=15, done_tool="done")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt's text; a `template` is rendered with Jinja when a run starts."""

    text: str
    template: bool = False

    def __post_init__(self) -> None:
        _typed(self, "a prompt", {"text": str, "template": bool})


@dataclass(frozen=True, slots=True)
class ToolDef:
    """What a tool declares. `code` is the path, in the preset's `files`, of its `execute`.

    `parameters` is always a JSON Schema of type object, whichever form the author wrote.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    code: str = ""
    requires: tuple[str, ...] = ()
    concurrent_safe: bool = False
    free: bool = False
    timeout_s: float | None = None
    idempotency: str = "unknown"
    retryable: bool = False
    output_schema: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = EMPTY

    def __post_init__(self) -> None:
        what = f"tools.{self.name}"
        _freeze_fields(self, what, "parameters", "requires", "output_schema", "extra")
        if not self._plainly_typed():
            _typed(self, what, _TOOL_TYPES)
        if not isinstance(self.output_schema, FrozenDict | None):
            raise PresetError(f"tools.{self.name}.output_schema is no JSON Schema")
        if type(self.timeout_s) not in (int, float, type(None)) and not _refers(self.timeout_s):
            raise PresetError(f"tools.{self.name}.timeout_s is no number")
        if not self.code:
            object.__setattr__(self, "code", f"tools/{self.name}/execute.py")

    def _plainly_typed(self) -> bool:
        """Whether `_typed` would find nothing, in one look: there may be a thousand tools."""
        texts = (self.name, self.description, self.code, self.idempotency)
        return (
            all(type(text) is str and text.isascii() for text in texts)
            and type(self.concurrent_safe) is type(self.free) is type(self.retryable) is bool
            and type(self.parameters) is type(self.extra) is FrozenDict
            and type(self.requires) is tuple
        )


@dataclass(frozen=True, slots=True)
class HookDef:
    """What a hook declares. `id` is its folder's name; hooks run in the order of `order, id`."""

    id: str
    class_name: str
    kwargs: Mapping[str, Any] = EMPTY
    order: int = 0
    enabled: bool = True
    extra: Mapping[str, Any] = EMPTY

    def __post_init__(self) -> None:
        _freeze_fields(self, f"hooks.{self.id}", "kwargs", "extra")
        _typed(self, f"hooks.{self.id}", _HOOK_TYPES)

    @property
    def code(self) -> str:
        return f"hooks/{self.id}/hook.py"


@dataclass(frozen=True, slots=True)
class Layer:
    """One folder that a preset was read from: the cartridge itself, or one of its parents.

    `place` is the folder's path relative to the cartridge, "" for the cartridge itself.
    """

    name: str
    files: Mapping[str, File]
    place: str = ""

    def __post_init__(self) -> None:
        _typed(self, "a layer", {"name": str, "place": str})
        object.__setattr__(self, "files", _parts("a layer's files", self.files, File))


def _freeze_fields(self: object, what: str, *names: str) -> None:
    for name in names:
        value = getattr(self, name)
        if value is None or type(value) is FrozenDict:
            continue
        try:
            object.__setattr__(self, name, freeze(value))
        except NotData as error:
            error.where = (what, name, *error.where)
            raise PresetError(str(error)) from None


def _parts(what: str, parts: Any, kind: type) -> FrozenDict:
    """A mapping of names to parts of one kind."""
    if not isinstance(parts, Mapping):
        raise PresetError(f"{what} are {parts!r:.60}, no mapping")
    for name, part in parts.items():
        if type(name) is not str or (type(part) is not kind and not isinstance(part, kind)):
            raise PresetError(f"{what}: {name!r:.60} is no {kind.__name__} under a name")
    return sealed(parts)


def _refers(value: object) -> bool:
    """A reference is a text until the binding resolves and judges it."""
    return type(value) is str and "${" in value


_TOOL_TYPES: Final = {
    **dict.fromkeys(("name", "description", "code", "idempotency"), str),
    **dict.fromkeys(("concurrent_safe", "free", "retryable"), bool),
    **dict.fromkeys(("parameters", "extra"), FrozenDict),
    "requires": tuple,
}
_HOOK_TYPES: Final = {
    **dict.fromkeys(("id", "class_name"), str),
    **dict.fromkeys(("kwargs", "extra"), FrozenDict),
    "order": int,
    "enabled": bool,
}


def _typed(part: object, what: str, types: Mapping[str, type]) -> None:
    """Refuse a value of another type: `"false"` is no truth value, and 1 is none either."""
    for name, wanted in types.items():
        value = getattr(part, name)
        if type(value) is str and wanted is str:
            whole_characters(what, value)
        elif type(value) is not wanted and not (name in ("order", "enabled") and _refers(value)):
            raise PresetError(f"{what}.{name} is {value!r:.60}, not of type {wanted.__name__}")


_VALUES: Final = {
    "manifest": {"schema_version": 2},
    "config_values": CONFIG_DEFAULTS,
    "runtime_values": EMPTY,
}
_PARTS: Final = {"prompts": Prompt, "tool_defs": ToolDef, "hook_defs": HookDef, "files": File}


@dataclass(frozen=True, slots=True, eq=False)
class AgentPreset:
    """An agent as data.

    name, version, description: of the manifest. `manifest` has its other keys.
    config_values: `config.yaml`, resolved through inheritance, with the CONFIG_DEFAULTS.
    runtime_values: `runtime.yaml`.
    prompts: by path below `prompts/` without the suffix, so the system prompt is `"system"`.
    tool_defs, hook_defs: by name, and by folder name.
    files: every other file of the resolved agent by posix path: code, resources, memory, skills,
        evals, and what else travels along.

    Equality and `digest` cover these values. What follows does not count in them: `layers`, the
    folders as they were read (so that writing gives the same bytes); `roots`, where those are on
    this machine; `nested`, the agents nested in it by folder, where a package carries them lowered;
    `runtime`, the caller's inputs for `tools`, `hooks` and `config`.
    """

    name: str
    version: str = "0.0.0"
    description: str = ""
    manifest: Mapping[str, Any] = EMPTY
    config_values: Mapping[str, Any] = EMPTY
    runtime_values: Mapping[str, Any] = EMPTY
    prompts: Mapping[str, Prompt] = EMPTY
    tool_defs: Mapping[str, ToolDef] = EMPTY
    hook_defs: Mapping[str, HookDef] = EMPTY
    files: Mapping[str, File] = EMPTY
    layers: tuple[Layer, ...] = field(default=(), repr=False)
    roots: tuple[str, ...] = field(default=(), repr=False)
    nested: Mapping[str, AgentPreset] = field(default=EMPTY, repr=False)
    runtime: Mapping[str, Any] | None = field(default=None, repr=False)
    _binding: Any = field(default=None, init=False, repr=False)
    _digest: str = field(default="", init=False, repr=False)

    def __post_init__(self) -> None:
        put = partial(object.__setattr__, self)
        _typed(self, "the preset", {"name": str, "version": str, "description": str})
        for name, defaults in _VALUES.items():
            if not isinstance(values := getattr(self, name), Mapping):
                raise PresetError(f"{self.name}.{name} is {values!r:.60}, no mapping")
            put(name, {**defaults, **values})
        _freeze_fields(self, self.name, *_VALUES)
        for name, kind in _PARTS.items():
            put(name, _parts(name, getattr(self, name), kind))
        put("layers", tuple(self.layers))
        put("roots", tuple(self.roots))
        put("nested", _parts("nested", self.nested, AgentPreset))
        if not all(isinstance(layer, Layer) for layer in self.layers):
            raise PresetError(f"{self.name}.layers holds what is no Layer")
        judge_paths(self._paths())

    def _paths(self) -> list[str]:
        """Every path that writing this preset can touch."""
        paths = [path for files in (self.files, *(x.files for x in self.layers)) for path in files]
        paths += [f"prompts/{name}" for name in self.prompts]
        for name, tool in self.tool_defs.items():
            if name != tool.name:
                raise PresetError(f"tools.{name}: the tool in it is named {tool.name!r}")
            paths += [f"tools/{name.replace('/', '//')}", tool.code]
        for id, hook in self.hook_defs.items():
            if id != hook.id:
                raise PresetError(f"hooks.{id}: the hook in it has the id {hook.id!r}")
            paths.append(f"hooks/{id.replace('/', '//')}")
        return paths

    # ── values ────────────────────────────────────────────────────────────────────────────────

    def values(self) -> dict[str, Any]:
        """What equality covers, as JSON data; files and prompts by the sha256 of their bytes."""
        return {
            "name": self.name,
            "version": self.version,
            "description": self.description,
            "manifest": self.manifest,
            "config": self.config_values,
            "runtime": self.runtime_values,
            "prompts": {k: _plain(v) for k, v in self.prompts.items()},
            "tools": {k: _plain(v) for k, v in self.tool_defs.items()},
            "hooks": {k: _plain(v) for k, v in self.hook_defs.items()},
            "files": digests(self.files),
        }

    @classmethod
    def from_values(
        cls,
        values: Mapping[str, Any],
        files: Mapping[str, File],
        layers: Iterable[Layer] = (),
        roots: Iterable[str] = (),
        nested: Mapping[str, AgentPreset] = EMPTY,
    ) -> AgentPreset:
        """The inverse of `values`, which names files by digest only: `files` are their contents."""
        return cls(
            name=values["name"],
            version=values["version"],
            description=values["description"],
            manifest=values["manifest"],
            config_values=values["config"],
            runtime_values=values["runtime"],
            prompts={name: Prompt(**each) for name, each in values["prompts"].items()},
            tool_defs={name: ToolDef(**each) for name, each in values["tools"].items()},
            hook_defs={name: HookDef(**each) for name, each in values["hooks"].items()},
            files=files,
            layers=tuple(layers),
            roots=tuple(roots),
            nested=nested,
        )

    @property
    def digest(self) -> str:
        """sha256 (hex) of the meaning: equal for presets with equal values, wherever written."""
        if not self._digest:
            text = canonical_json(self.values())
            object.__setattr__(self, "_digest", hashlib.sha256(text.encode()).hexdigest())
        return self._digest

    def __eq__(self, other: object) -> bool:
        # By the canonical text and not by `==` of the values: True is not 1 here.
        return isinstance(other, AgentPreset) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    # ── JSON ──────────────────────────────────────────────────────────────────────────────────

    def to_json(self) -> str:
        """The preset as canonical JSON: sorted keys, one spelling of each value, one line.

        It holds the folders it was read from, so that `from_json` can write them back byte for
        byte; it holds no path of this machine and nothing of `runtime`.
        """
        blobs: dict[str, Any] = {}
        for files in (self.files, *(layer.files for layer in self.layers)):
            for file in files.values():
                blobs.setdefault(sha(file.data), blob(file.data))
        layers = [
            {"name": layer.name, "place": layer.place, "files": digests(layer.files)}
            for layer in self.layers
        ]
        document = {"looplet": FORMAT, "preset": self.values(), "layers": layers, "blobs": blobs}
        return canonical_json(document) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> AgentPreset:
        """The preset that `to_json` wrote. Raises PresetError for any other text."""
        try:
            document = json.loads(text)
            if document["looplet"] != FORMAT:
                raise PresetError(f"this is a preset of format {document['looplet']}, not {FORMAT}")
            blobs = {key: blob_data(key, value) for key, value in document["blobs"].items()}
            values = document["preset"]
            layers = [
                Layer(layer["name"], files_from(layer["files"], blobs), layer["place"])
                for layer in document["layers"]
            ]
            return cls.from_values(values, files_from(values["files"], blobs), layers)
        except PresetError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise PresetError(f"this is no preset in JSON: {error}") from None

    # ── the live side ─────────────────────────────────────────────────────────────────────────

    def bind(self, runtime: Mapping[str, Any] | None = None) -> Binding:
        """Live tools, hooks, resources and config, closed by `with`. `runtime`: the inputs."""
        from looplet.link import bind

        return bind(self, runtime)

    def _bound(self) -> Binding:
        if self._binding is None:
            object.__setattr__(self, "_binding", self.bind(self.runtime))
        binding: Binding = self._binding
        return binding

    @property
    def tools(self) -> BaseToolRegistry:
        """The live tools of one binding, made on first use with `runtime`."""
        return self._bound().tools

    @property
    def hooks(self) -> list[Any]:
        """The live hooks of the same binding."""
        return self._bound().hooks

    @property
    def config(self) -> LoopConfig:
        """The loop configuration of the same binding."""
        return self._bound().config

    @property
    def state(self) -> DefaultState:
        """A fresh state at each reading."""
        # The binding knows what a reference in `max_steps` or `state` stands for.
        state: DefaultState = self._bound().state()
        return state

    def run(
        self, task: object, *, llm: object, checkpoint_dir: Any = None, **options: Any
    ) -> Generator[Step, None, None]:
        """Run the agent on `task`; `options` are those of `composable_loop`.

        checkpoint_dir: a new folder, or a FileCheckpointStore, to save the run in.
        """
        return self._loop(task, llm, {"checkpoint_dir": checkpoint_dir}, options)

    def resume(
        self,
        checkpoint: Any,
        *,
        llm: object,
        answer: object = None,
        in_flight: str = "auto",
        **options: Any,
    ) -> Generator[Step, None, None]:
        """Go on with a saved run: `checkpoint` is its folder, or a Checkpoint.

        answer: to the question that it is waiting for. in_flight: what becomes of a call that was
        running, as LoopConfig has it. Raises CheckpointError.
        """
        from looplet.checkpoint import Checkpoint, FileCheckpointStore

        if not isinstance(checkpoint, Checkpoint):
            checkpoint = FileCheckpointStore(checkpoint).load()
        if answer is not None:
            checkpoint.answer(answer)
        settings = {"initial_checkpoint": checkpoint, "in_flight": in_flight}
        return self._loop(checkpoint.task, llm, settings, options)

    def _loop(
        self, task: object, llm: object, settings: dict[str, Any], options: dict[str, Any]
    ) -> Generator[Step, None, None]:
        from copy import copy

        from looplet.drivers import composable_loop

        options = {"hooks": self.hooks, "config": self.config, "state": self.state, **options}
        if settings := {name: value for name, value in settings.items() if value is not None}:
            config = options["config"] = copy(options["config"])
            for name, value in settings.items():
                setattr(config, name, value)
        return composable_loop(llm=llm, task=task, tools=self.tools, **options)

    def __getstate__(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "_binding"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in {**state, "_binding": None}.items():
            object.__setattr__(self, name, value)


def canonical_json(value: Any) -> str:
    """One spelling for equal data: sorted keys, no spaces, text as itself."""
    # What is frozen, or came from JSON, holds no circles; looking for them takes half the time.
    return json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
        check_circular=False,
    )


def _plain(part: Any) -> dict[str, Any]:
    return {f.name: getattr(part, f.name) for f in fields(part)}


__all__ = [
    "AgentPreset",
    "File",
    "HookDef",
    "Layer",
    "PresetError",
    "Prompt",
    "ToolDef",
    "thaw",
]
