"""Run the page at an address, with access rules."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from codelode.http.guard import LOOPBACK_NAMES, Guard
from codelode.http.listen import lacking_name, serve, url_of
from codelode.page.application import Page
from codelode.page.headers import SafeHeaders
from codelode.system.loopback import is_loopback, is_unspecified

if TYPE_CHECKING:
    from codelode.page.plots import Figures
    from codelode.page.trees import Trees

_TOKEN_BYTES = 24


def serve_page(
    trees: Trees,
    address: tuple[str, int],
    names: Iterable[str],
    token: str,
    look: tuple[str, Figures | None],
    announce: Callable[[str], None],
) -> None:
    """Serve until interrupted, and keep the indexes up to date.

    `names` are further names by which browsers reach this machine. If other machines can reach the
    address and no token is given, one is generated. `look` has the format of editor links and
    the figures to plot, if any. `announce` is called with the URL to open; if other machines get no
    answers, it is called again with a warning. Raises `UsageError` if the address is taken.
    """
    (host, port), names = address, [*names]
    if not token and not is_loopback(host):
        token = secrets.token_urlsafe(_TOKEN_BYTES)
    trees.start()
    page = Page(trees, *look).application()
    guarded = Guard(page, [*LOOPBACK_NAMES, host, *names], token, "lode_page" if token else "")

    shown = names[0] if names and is_unspecified(host) else host

    def ready(bound: int) -> None:
        announce(url_of(shown, bound) + (f"/?token={token}" if token else "/"))
        if warning := lacking_name(host, names):
            announce(warning)

    serve(SafeHeaders(guarded), host, port, ready)
