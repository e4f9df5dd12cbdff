"""What is known of a class together with those of its bases that the same file defines."""

from __future__ import annotations

from typing import Final

from looplet.compiler.python.definitions import defined_class, signature_known
from looplet.compiler.python.facts import Class, Facts, Function, Parameter

# Bases that add neither a constructor nor a hook method.
_PLAIN_BASES: Final = {
    *("object", "Protocol", "typing.Protocol", "Generic", "typing.Generic", "ABC", "abc.ABC"),
}
_PLAIN_DECORATORS: Final = {"dataclass", "final", "runtime_checkable", "total_ordering"}


def bound_parameters(method: Function) -> list[Parameter] | None:
    """What a method is called with, `self` left out; None if a decorator may change it."""
    decorators = method["decorators"]
    rest = [each for each in decorators if each not in ("staticmethod", "classmethod")]
    if not signature_known({**method, "decorators": rest}):
        return None
    parameters = method["parameters"]
    swallows_self = bool(parameters) and parameters[0]["kind"] == "args"
    return parameters if "staticmethod" in decorators or swallows_self else parameters[1:]


def _plain(each: Class) -> bool:
    """Is the class made the ordinary way, with no metaclass or decorator that may change it?"""
    names = {decorator.rpartition(".")[2] for decorator in each["decorators"]}
    return not each["metaclass"] and names <= _PLAIN_DECORATORS


class Lineage:
    """A class with those of its bases that the same file defines."""

    def __init__(self, facts: Facts, hook: Class) -> None:
        self.hook = hook
        self.classes: list[Class] = []
        self.open = False
        """Something may come from where we cannot look: a base, a metaclass, a decorator."""
        waiting = [hook]
        while waiting:
            each = waiting.pop(0)
            if each in self.classes:
                continue
            self.classes.append(each)
            if not _plain(each):
                self.open = True
            for base in each["bases"]:
                if base in _PLAIN_BASES:
                    continue
                parent = defined_class(facts, base)
                if parent is None:
                    self.open = True
                else:
                    waiting.append(parent)

    def methods(self) -> dict[str, Function]:
        """The methods by name, the nearest definition of each."""
        found: dict[str, Function] = {}
        for each in self.classes:
            for method in each["methods"]:
                if each is self.hook or method["name"] not in found:
                    found[method["name"]] = method
        return found

    def attributes(self) -> set[str]:
        return {name for each in self.classes for name in each["attributes"]}

    def constructor(self) -> list[Parameter] | None:
        """What the class is called with, `self` left out; None if that cannot be told."""
        own = self.hook
        if "__new__" in self.attributes() or not _plain(own):
            return None
        for each in self.classes:
            init = next((m for m in reversed(each["methods"]) if m["name"] == "__init__"), None)
            if init is not None:
                return None if init["conditional"] else bound_parameters(init)
            if "__init__" in each["attributes"]:
                return None
            if each["fields"] is not None:
                return None if self.open else self.fields()
            if any("dataclass" in name for name in each["decorators"]):
                return None
        return None if self.open else []

    def fields(self) -> list[Parameter]:
        """The fields of a dataclass after those of its bases, as its constructor takes them."""
        found: dict[str, Parameter] = {}
        for each in reversed(self.classes):
            for field in each["fields"] or ():
                found[field["name"]] = field
        return list(found.values())

    def init(self) -> Function | None:
        return self.methods().get("__init__")
