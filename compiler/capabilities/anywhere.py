"""Words that are a reach whatever they are an attribute of, or that make a line worth a look.

An attribute of an object that nobody followed is judged by its name alone, where the name leaves
little doubt (`x.write_text`) or opens the way to everything (`x.__globals__`).
"""

from __future__ import annotations

import re
from typing import Final

from looplet.compiler.capabilities.verdicts import HOLDERS

_ATTRIBUTES: Final = {
    "model": "llm",
    "files:read": "is_dir is_file iterdir read_bytes read_text readlink rglob",
    "files:write": "hardlink_to mkdir rmdir symlink_to unlink write_bytes write_text",
    "network": """
        create_connection create_datagram_endpoint create_server create_unix_connection
        create_unix_server getaddrinfo getnameinfo sock_connect
        """,
    "processes": "subprocess_exec subprocess_shell",
    "?inside": """
        ag_code ag_frame cell_contents cr_code cr_frame exec_module f_back f_builtins f_code
        f_globals f_locals gi_code gi_frame load_module mro tb_frame
        """,
}
ATTRIBUTES: Final = {
    name: verdict for verdict, names in _ATTRIBUTES.items() for name in names.split()
}
PATHS: Final = {
    **dict.fromkeys(("exists", "glob", "lstat", "resolve", "samefile", "stat"), "files:read"),
    **dict.fromkeys(("chmod", "rename", "touch"), "files:write"),
    "open": "files",
}
"""What paths have, and so much else that it counts only where paths are spoken of."""

_HARMLESS: Final = """
    __abs__ __add__ __aenter__ __aexit__ __aiter__ __all__ __and__ __anext__ __author__ __await__
    __bool__ __bytes__ __call__ __cause__ __class__ __class_getitem__ __complex__ __contains__
    __context__ __copy__ __dataclass_fields__ __debug__ __deepcopy__ __del__ __delattr__
    __delete__ __delitem__ __dict__ __dir__ __divmod__ __doc__ __enter__ __eq__ __exit__ __file__
    __float__ __floordiv__ __format__ __fspath__ __ge__ __get__ __getitem__ __getstate__ __gt__
    __hash__ __iadd__ __iand__ __index__ __init__ __init_subclass__ __instancecheck__ __int__
    __invert__ __ior__ __isub__ __iter__ __le__ __len__ __length_hint__ __lshift__ __lt__ __main__
    __match_args__ __matmul__ __members__ __missing__ __mod__ __module__ __mul__ __name__ __ne__
    __neg__ __new__ __next__ __notes__ __or__ __package__ __pos__ __post_init__ __pow__
    __qualname__ __radd__ __rand__ __repr__ __reversed__ __rmul__ __ror__ __round__ __rshift__
    __rsub__ __rtruediv__ __set__ __set_name__ __setattr__ __setitem__ __setstate__ __slots__
    __str__ __sub__ __subclasscheck__ __suppress_context__ __traceback__ __truediv__ __trunc__
    __version__ __weakref__ __xor__ __future__ __pycache__
    __concurrent_safe__ __description__ __free__ __parameters__ __timeout_s__
    """
HARMLESS: Final = frozenset(_HARMLESS.split())
"""Names with two underscores around them that lead nowhere. Every other one is looked at."""

INSIDE: Final = re.compile(
    r"__(?:globals|builtins|subclasses|import|code|closure|self|func|loader|spec|mro|bases|base"
    r"|getattribute|reduce|reduce_ex|wrapped|kwdefaults|defaults|annotations)__"
    r"|\b(?:f_globals|f_builtins|tb_frame|gi_frame|cr_frame)\b"
)
"""What a text that can be made a name of an attribute must not hold."""

_BUILTINS: Final = """
    __builtins__ __import__ __loader__ __spec__ breakpoint compile copyright credits eval exec
    getattr globals help license locals open setattr vars
    """
BUILTINS: Final = frozenset(_BUILTINS.split())
MODEL_METHODS: Final = frozenset(("compact", "on_loop_end"))
"""Methods of a hook by which it gets at the model."""

CARTRIDGE_ROOT: Final = "cartridge_root"
"""The resource that is a path: the folder of the cartridge."""

KEYWORDS: Final = {"eval_str": "?run", "fromfile_prefix_chars": "files:read"}
"""Arguments that make a harmless function do more."""

WORDS: Final = frozenset(
    {
        *ATTRIBUTES,
        *BUILTINS,
        *HOLDERS,
        *KEYWORDS,
        *MODEL_METHODS,
        *(f"_{name}" for name in HOLDERS),
        *("format", "format_map", "raw", "router", "_run", CARTRIDGE_ROOT),
    }
)
"""A line without one of these words, and without a name that was imported, reaches nothing."""


def verdict_on(attribute: str) -> str:
    """The words on an attribute of an object that nobody followed."""
    if attribute in ATTRIBUTES:
        return ATTRIBUTES[attribute]
    inner = attribute[:2] == "__" and attribute[-2:] == "__"
    return "?inside" if inner and attribute not in HARMLESS else ""


__all__ = [
    "ATTRIBUTES",
    "BUILTINS",
    "CARTRIDGE_ROOT",
    "HARMLESS",
    "INSIDE",
    "KEYWORDS",
    "MODEL_METHODS",
    "PATHS",
    "WORDS",
    "verdict_on",
]
