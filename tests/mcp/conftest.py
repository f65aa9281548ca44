"""An agent: the SDK's own client, which starts `cnitui mcp` as a process and talks to it over its standard streams."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnitui.lab import Lab
from tests.running import PROGRAM, environment

if TYPE_CHECKING:
    from mcp import Client


@dataclass(frozen=True)
class Agent:
    """Calls tools."""

    client: Client

    async def ask(self, tool: str, **arguments: object) -> dict[str, Any]:
        """The answer; the tool must not fail."""
        result = await self.client.call_tool(tool, arguments)
        assert not result.is_error, result.content
        assert isinstance(result.structured_content, dict)
        return result.structured_content

    async def refused(self, tool: str, **arguments: object) -> str:
        """In which words the tool fails."""
        result = await self.client.call_tool(tool, arguments)
        assert result.is_error, result.structured_content
        return " ".join(part.text for part in result.content if part.type == "text")


@asynccontextmanager
async def agent(home: Path, *arguments: object) -> AsyncIterator[Agent]:
    """An agent whose server was started with these arguments."""
    from mcp import Client, StdioServerParameters

    program, *first = PROGRAM
    words = [*first, "mcp", *map(str, arguments)]
    async with Client(StdioServerParameters(command=program, args=words, env=environment(home))) as client:
        yield Agent(client)


def on(lab: Lab, user: str = "admin") -> tuple[object, ...]:
    """Arguments for a lab."""
    return "--kubeconfig", lab.kubeconfig_of(user), "--ssh-config", lab.ssh_config


def stored(lab: Lab) -> list[str]:
    """Every request that could have changed something: no access review and no dry run."""
    writes = (entry for entry in lab.audit if not entry.dry_run and "selfsubjectaccessreviews" not in entry.path)
    return [f"{entry.method} {entry.path}" for entry in writes]
