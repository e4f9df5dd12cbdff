"""CT6: what the code reaches, against the `capabilities` of cartridge.json."""

from __future__ import annotations

from collections.abc import Sequence

from looplet.compiler.capabilities.words import MEANING
from looplet.compiler.diagnostics import quote, rule


@rule("CT621", "undeclared-capability", "error")
def undeclared(capability: str, said: str) -> str:
    """The code reaches something that `capabilities` in cartridge.json does not name.

    Who runs the cartridge reads that list first, so it has to be complete. Name the capability
    there, or take the code away that needs it. Code that is never run counts, too, and so does what
    a parent or a nested agent brings along. What stands in the file was read, not run: see
    `looplet-compile capabilities` for every place.
    """
    return (
        f"{said}, which {MEANING[capability]}, and `capabilities` in cartridge.json has no "
        f"{quote(capability)}"
    )


@rule("CT622", "unused-capability", "advice")
def unused(capability: str) -> str:
    """The cartridge declares a capability, and nothing in it was found that needs it.

    A list that promises too much frightens people away, and hides what comes later: code that
    begins to use it shows in no review.
    """
    return f"nothing here {MEANING[capability]}; take {quote(capability)} out of `capabilities`"


@rule("CT623", "capabilities-not-declared", "advice")
def not_declared(names: Sequence[str], undecided: int) -> str:
    """The manifest does not say what the code reaches, and it reaches something.

    With `capabilities` in cartridge.json, people can read there what they let in, and code that
    begins to reach more is an error until somebody has agreed to it. The list is what was found;
    read it before you take it over, for it is your word, and not the compiler's.
    """
    listed = ", ".join(f'"{name}"' for name in names)
    places = "what 1 place reaches" if undecided == 1 else f"what {undecided} places reach"
    more = f"; {places} cannot be decided" if undecided else ""
    return f'nothing says what the code reaches; add `"capabilities": [{listed}]`{more}'


@rule("CT624", "capability-undecided", "advice")
def undecided(said: str, why: str) -> str:
    """What a piece of code reaches cannot be read from it.

    It may reach nothing, or everything: it runs a text as code, takes a name that is only known
    when it runs, hands a module on, or gets at the inside of objects. Write the name out where that
    can be done, so that others can see what is reached. It is said once for a cartridge;
    `looplet-compile capabilities` lists every place.
    """
    return f"{said}, so what it reaches cannot be decided: it {why}"
