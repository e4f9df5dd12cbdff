"""The analysis pass: the rules that no schema can say, over the resolved agent.

It imports and runs nothing of the author's: Python is read as text, with `ast`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from looplet.compiler.cartridge import Cartridge
from looplet.compiler.checks.agents import check_agents
from looplet.compiler.checks.builtins import check_builtins
from looplet.compiler.checks.code import check_code
from looplet.compiler.checks.declared import check_schemas
from looplet.compiler.checks.files import (
    check_encoding,
    check_manifest,
    check_names,
    check_prompt_text,
    check_required,
    check_unnamed_prompts,
    said_once,
)
from looplet.compiler.checks.hook_order import check_order
from looplet.compiler.checks.installers import check_installers
from looplet.compiler.checks.model import check_model
from looplet.compiler.checks.permissions import check_permissions
from looplet.compiler.checks.prompt_files import check_prompts
from looplet.compiler.checks.reach import check_capabilities
from looplet.compiler.checks.references import check_named_files, check_references, check_tools
from looplet.compiler.checks.scripts import check_scripts
from looplet.compiler.checks.secrecy import check_secrets
from looplet.compiler.checks.servers import check_servers
from looplet.compiler.checks.skills import check_skills
from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.resolve import Resolved

OF_EACH_FOLDER: Final[tuple[Callable[[Cartridge], Iterator[Diagnostic]], ...]] = (
    check_encoding,
    check_names,
    check_installers,
    check_secrets,
)
OF_THE_AGENT: Final[tuple[Callable[[Resolved], Iterator[Diagnostic]], ...]] = (
    check_manifest,
    check_required,
    check_prompt_text,
    check_tools,
    check_schemas,
    check_references,
    check_named_files,
    check_unnamed_prompts,
    check_builtins,
    check_agents,
    check_skills,
    check_servers,
    check_model,
    check_permissions,
    check_order,
    check_code,
    check_scripts,
    check_prompts,
    check_capabilities,
)


def analyse(resolved: Resolved) -> list[Diagnostic]:
    """Every finding, in no order. Those in a parent's file carry the path to it."""
    found: list[Diagnostic] = []
    for cartridge in resolved.chain:
        for check in OF_EACH_FOLDER:
            found += map(cartridge.located, check(cartridge))
    for check_agent in OF_THE_AGENT:
        found += check_agent(resolved)
    return said_once(found)
