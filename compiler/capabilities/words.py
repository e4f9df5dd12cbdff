"""What is said of a reach: the five words, and why something cannot be decided."""

from __future__ import annotations

from typing import Final

CAPABILITIES: Final = ("files", "network", "processes", "environment", "model")
"""In the order in which they are shown; `capabilities` of cartridge.json takes these words."""

MEANING: Final = {
    "files": "reads or writes files",
    "network": "opens connections",
    "processes": "starts programs",
    "environment": "reads environment variables",
    "model": "calls the model itself",
}

WHY: Final = {
    "attribute": "takes a name from an object, and which is only known then",
    "code": "runs code that it is given",
    "device": "speaks to the system or a device directly",
    "entangled": "names are given on in a way that was not followed",
    "frames": "reaches into what runs around it",
    "handed": "a module is given on as a value, and what is done with it is not followed",
    "import": "loads code by a name, or changes where code is loaded from",
    "inside": "gets at the inside of an object, from where everything can be reached",
    "looplet": "uses a part of looplet that can reach more",
    "machine": "calls machine code of any library",
    "names": "reaches names by texts",
    "nested": "an agent in this cartridge may start or reach servers; check it by itself",
    "package": "is another's package, whose code is not looked at",
    "pickle": "reading its data can call anything",
    "private": "is a private part of a module",
    "rebound": "replaces a part of a module for everybody",
    "run": "runs a text as code, or makes code",
    "server": "is a program of its own, and what that reaches is not looked at",
    "star": "takes every name of a module",
    "tcl": "runs Tcl, which can do anything",
    "template": "fills in a template that is not written out, which can read from any object",
    "text": "a text names the inside of an object, from where everything can be reached",
    "unlisted": "is not known to reach nothing",
    "unread": "cannot be read as Python",
}
"""By the key behind `?` in a verdict."""

__all__ = ["CAPABILITIES", "MEANING", "WHY"]
