"""The program: `lode`, or `python -m codelode`. Ctrl-C ends it quietly from the first import on."""

import sys

TYPE_CHECKING = False  # not from `typing`: Ctrl-C during that import would print a traceback
if TYPE_CHECKING:
    from sys import UnraisableHookArgs

INTERRUPTED = 130  # the exit code of a program ended by SIGINT (2): 128 + 2


def main() -> int:
    """Run the `lode` command and return its exit code."""
    interrupts: list[int] = []

    def interrupt(number: int, frame: object) -> None:
        interrupts.append(number)
        raise KeyboardInterrupt

    try:
        if sys.argv[1:2] == ["search"] and sys.getfilesystemencoding() == "utf-8":
            from codelode.resident.client import ask  # before `signal`, which is slow to import

            if (code := ask(sys.argv[1:])) is not None:
                return code
        import signal

        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # Ctrl-C is not ignored
            signal.signal(signal.SIGINT, interrupt)
            sys.unraisablehook = _report_errors
        if sys.getfilesystemencoding() != "utf-8":
            from codelode.system.utf8_mode import restart

            restart()
        if sys.argv[1:2] == ["search"]:
            _walk_ahead(sys.argv[1:])
        from codelode.cli.entry import main as run

        code = run()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done: Ctrl-C must cause no traceback
        return INTERRUPTED if interrupts else code
    except KeyboardInterrupt:
        return INTERRUPTED
    except (ImportError, SystemError, RuntimeError):
        # Extension modules such as numpy's turn Ctrl-C into the first two; Python 3.11, while it
        # makes a class, into the last.
        if interrupts:
            return INTERRUPTED
        raise


def _walk_ahead(arguments: list[str]) -> None:
    """Begin to walk the tree before a search, unless a watcher runs or `--fresh` is given."""
    import os

    from codelode.resident.client import given_root, index_folder

    folder = index_folder(arguments)
    if folder is None or any(each.startswith("--fr") for each in arguments):
        return
    if not os.path.exists(f"{folder}/fresh.socket"):  # noqa: PTH110 (no pathlib yet)
        from codelode.freshness.ahead import begin

        begin(folder, given_root(arguments))


def _report_errors(unraisable: "UnraisableHookArgs") -> None:
    """Report an error in a destructor or callback, as Python does, unless it is Ctrl-C."""
    if not issubclass(unraisable.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(unraisable)


if __name__ == "__main__":
    raise SystemExit(main())
