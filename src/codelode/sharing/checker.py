"""A process that checks segments: `python -m codelode.sharing.checker`. See `checkers`."""

from __future__ import annotations

from pathlib import Path

from codelode.errors import CodelodeError
from codelode.sharing.check import check_content
from codelode.store.manifest import SegmentEntry
from codelode.store.snapshot import open_segment
from codelode.store.storage import LocalStorage
from codelode.system.error_message import pack_error
from codelode.system.processes import ParentProcess


def main() -> None:
    """Check segments until the parent closes the pipe or dies."""
    parent = ParentProcess.connect()
    storage = LocalStorage(Path(parent.options["folder"]))
    for request in parent.requests():
        try:
            live = open_segment(storage, SegmentEntry(**request), parent.options["dimensions"])
            check_content(live.segment)
        except (CodelodeError, OSError) as error:
            parent.reply(pack_error(error))
        else:
            parent.reply({})


if __name__ == "__main__":
    main()
