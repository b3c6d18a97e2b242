"""`lode search --server`: a search answered by the front of a cluster."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from codelode.cluster.addresses import Wanted
from codelode.cluster.client import ask_server
from codelode.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from codelode.search.request import SearchRequest
    from codelode.types import Answer


def search_server(
    request: SearchRequest, roots: Sequence[str], options: argparse.Namespace
) -> tuple[Answer, str]:
    """Let the server search; return its answer and its name.

    An agent gets the name in the last line.
    """
    _check(roots, options)
    token = os.environ.get("LODE_SERVE_TOKEN", "")
    answer = ask_server(options.server, Wanted(request, options.repo, options.strict), token)
    return answer, f"server: {options.server}"


def _check(roots: Sequence[str], options: argparse.Namespace) -> None:
    """Raise `UsageError` for ROOT, --roster, --label and --open."""
    if roots or options.roster is not None:
        raise UsageError("give only one of ROOT, --roster and --server")
    if options.label:
        raise UsageError("--label is for --roster: the server knows the labels of its clients")
    if options.open is not None:
        raise UsageError("--open needs the files of a tree, which a server does not have")
