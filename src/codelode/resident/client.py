"""Let the watcher of an index answer a search, if there is one. Imports next to nothing."""

from __future__ import annotations

import os

import codelode
from codelode.resident import wire
from codelode.system.private_socket import connect, send_streams

_MANIFEST = "manifest.json"


def ask(arguments: list[str]) -> int | None:
    """Return the exit code of a command that a watcher has run; None if no watcher did.

    The watcher runs the command in a process that has these arguments, and the current folder,
    environment and standard streams of this process. So any watcher gives the right answer; the
    watcher of the right index is merely faster, because it has already loaded the index.
    """
    if not _can_be_answered_elsewhere(arguments):
        return None
    folder = index_folder(arguments)
    if folder is None or not os.path.exists(f"{folder}/{wire.SOCKET}"):  # noqa: PTH110
        return None
    try:
        return _ask(folder, arguments)
    except (OSError, ValueError):  # the watcher has just ended, hangs, or is busy
        return None


def _can_be_answered_elsewhere(arguments: list[str]) -> bool:
    """Return whether a command can run in a process without this terminal, and be retried here.

    Such a process can start neither an editor nor a pager. A command that reads standard input
    cannot be retried.
    """
    own = ("--open", "--pager")
    return not (
        "LODE_PAGER" in os.environ
        or _names_a_pager()
        or "-" in arguments
        or any(argument.startswith(own) for argument in arguments)
    )


def _names_a_pager() -> bool:
    """Return whether the user's settings file may name a pager."""
    place = os.environ.get("XDG_CONFIG_HOME", "")
    if not place.startswith("/"):
        place = os.environ.get("HOME", "") + "/.config"
    try:
        with open(f"{place}/codelode/config.toml", "rb") as file:
            return b"pager" in file.read(1 << 16)
    except OSError:
        return False


def _ask(folder: str, arguments: list[str]) -> int | None:
    connection = connect(folder, wire.SOCKET, wire.SECONDS_TO_ACCEPT)
    try:
        given = [os.fsencode(each) for each in arguments]
        variables = {os.fsencode(name): os.fsencode(text) for name, text in os.environ.items()}
        connection.sendall(wire.pack(program(), given, variables))
        if connection.recv(1) != wire.ACCEPTED:
            return None
        send_streams(connection)
        connection.settimeout(wire.SECONDS_TO_BE_READY)
        if connection.recv(1) != wire.READY:
            return None
        connection.settimeout(wire.SECONDS_TO_ANSWER + 1)
        if connection.recv(1) != wire.BEGUN:
            return None  # nothing is printed yet: the command can run here
        connection.settimeout(None)  # whoever reads the output may take any time
        code = connection.recv(1)
        return code[0] if code else None
    finally:
        connection.close()


def program() -> list[bytes]:
    """Return the version and the place of the code, and the current folder.

    The version and the place must be the same in the client and the server.
    """
    place = os.path.dirname(codelode.__file__)  # noqa: PTH120 (no pathlib here)
    return [codelode.__version__.encode(), os.fsencode(place), os.fsencode(os.getcwd())]  # noqa: PTH109


def given_root(arguments: list[str]) -> str:
    """Guess the root from the arguments of a search, as a real path."""
    roots = [each for each in arguments[2:] if not each.startswith("-") and os.path.isdir(each)]  # noqa: PTH112
    return os.path.realpath(roots[-1] if roots else ".")


def index_folder(arguments: list[str]) -> str | None:
    """Guess the folder of the index from the arguments; None if only a parser could tell."""
    from codelode.store.folder_name import folder_name

    if any(each.startswith("--index-dir") for each in arguments) or "LODE_METRICS" in os.environ:
        return None
    holder = _holder()
    if holder is None or os.path.exists(f"{holder}/{_MANIFEST}"):  # noqa: PTH110
        return holder
    root = given_root(arguments)
    while True:
        folder = f"{holder}/{folder_name(root)}"
        if os.path.exists(f"{folder}/{_MANIFEST}"):  # noqa: PTH110
            return folder
        if root == "/":
            return None
        root = os.path.dirname(root)  # noqa: PTH120


def _holder() -> str | None:
    """Guess from the environment which folder holds the indexes; return None if that fails."""
    chosen = os.environ.get("LODE_INDEX_DIR")
    if chosen:
        return None if chosen.startswith("~") else os.path.abspath(chosen)  # noqa: PTH100
    cache = os.environ.get("XDG_CACHE_HOME", "")
    if not cache.startswith("/"):
        home = os.environ.get("HOME", "")
        cache = f"{home}/.cache" if home.startswith("/") else ""
    return f"{cache}/codelode" if cache else None
