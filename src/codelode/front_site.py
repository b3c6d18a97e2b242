"""All that a front serves at one address: its API, the page, and the tools for agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cluster.answer import Restriction
from codelode.cluster.application import ClusterApi
from codelode.cluster.seen import SeenRepositories
from codelode.page.application import Page
from codelode.page.headers import SafeHeaders
from codelode.page.repositories import RepositoryTrees

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.cluster.answer import ClusterRepositories
    from codelode.http.guard import Application, Receive, Scope, Send
    from codelode.roster.repositories import Repositories


def front_site(repositories: ClusterRepositories, labels: Sequence[str]) -> Application:
    """Return the application for clients with these labels. Tools need the extra `mcp`."""
    seen = SeenRepositories(repositories, Restriction((), labels))
    api = ClusterApi(repositories, labels)
    page = SafeHeaders(Page(RepositoryTrees(seen)).with_api(api.routes()))
    return _with_tools(page, seen)


def _with_tools(page: Application, repositories: Repositories) -> Application:
    """Return an application that also has the tools for agents at `/mcp`, if installed."""
    try:
        from codelode.mcp.http import PATH, tools_application
        from codelode.mcp.repositories import RepositorySources
        from codelode.mcp.server import ToolServer
    except ModuleNotFoundError:
        return page
    tools = tools_application(ToolServer(RepositorySources(repositories), watch=False))

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        is_for_tools = scope["type"] == "lifespan" or scope["path"] == PATH
        await (tools if is_for_tools else page)(scope, receive, send)

    return either
