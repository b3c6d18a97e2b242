"""The process that builds one repository, or a slice of it: `python -m codelode.cluster.builder`.

The source is hostile, so this process has limits: memory (of each process), and the disk space of
its folder. If it exceeds a limit, or if its parent dies, it ends itself and all processes that it
has started.
"""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from codelode.answers.build import configured
from codelode.cluster.build_messages import BuildRequest, pack_repository
from codelode.cluster.sources import obtain
from codelode.cluster.workspace import used_bytes
from codelode.discover.slices import Slice, cut
from codelode.discover.walk import walk
from codelode.errors import CodelodeError, IndexingError, MemoryCapError
from codelode.index import Index
from codelode.objects.urls import open_object_store
from codelode.pipeline.options import UpdateOptions
from codelode.roster.upload import Uploader, digests_of
from codelode.system.error_message import pack_error
from codelode.system.groups import kill_own_group
from codelode.system.memory import largest_child_bytes, limit_allocations, peak_rss_bytes
from codelode.system.processes import ParentProcess
from codelode.writer import IndexWriter

_LOOK_SECONDS = 0.5
_LOOK_SHARE = 0.05
"""The share of a core that measuring the disk space may take."""


def main() -> None:
    """Build what the parent asks for, reply, and end."""
    parent = ParentProcess.connect()
    request = BuildRequest.unpack(parent.options)
    limit_allocations(request.options.max_memory)
    for watch in (_end_with_parent, _watch_disk):
        threading.Thread(target=watch, args=(parent, request), daemon=True).start()
    try:
        reply = _build(request)
    except (CodelodeError, OSError) as error:
        reply = pack_error(error)
    except MemoryError:
        limit = request.options.max_memory
        reply = pack_error(MemoryCapError(f"the task needs more than {limit:,} bytes of memory"))
    parent.reply(reply)


def _build(request: BuildRequest) -> dict[str, Any]:
    """Obtain the source; index it, or cut it into slices if it is large; return the reply."""
    folder, options = Path(request.folder), request.options
    obtained = obtain(request.source.place, folder, options.max_disk, request.commit)
    _check_disk(request)  # `_watch_disk` may have missed a quick source
    tree = obtained.tree.resolve()
    index, settings = configured(Index.open(tree, index_dir=folder / "index"))
    settings["jobs"], settings["max_memory"] = options.cores, options.max_memory
    update, writer = UpdateOptions.of(None, settings), IndexWriter(index.reader)
    if request.slice is None:
        found = cut(walk(tree, writer.walk_options(update.walk_options())), options.slice_size)
        if len(found) > 1:
            slices = [asdict(each) for each in found]
            return {"slices": slices, "commit": obtained.commit, "peak": _peak(0)}
    update = replace(update, slice=request.slice or Slice())
    report = writer.update(update)
    store = open_object_store(options.roster)
    known = digests_of(store, request.before) if request.before else frozenset()
    uploader = Uploader(store, known)
    repository = uploader.upload(index.reader.storage, request.source.name, request.source.label)
    return {"repository": pack_repository(repository), "peak": _peak(report.peak_rss_bytes)}


def _peak(indexing: int) -> int:
    """Return the peak memory of this process plus its largest child; at least `indexing` bytes."""
    return max(peak_rss_bytes() + largest_child_bytes(), indexing)


def _end_with_parent(parent: ParentProcess, _: BuildRequest) -> None:
    """Wait until the parent closes the pipe or dies; then kill this process and its group."""
    for _request in parent.requests():
        pass
    kill_own_group()


def _watch_disk(parent: ParentProcess, request: BuildRequest) -> None:
    """Reply with an error and kill this process group when the folder takes too much disk space."""
    while True:
        began = time.monotonic()
        try:
            _check_disk(request)
        except IndexingError as error:
            parent.reply(pack_error(error))
            kill_own_group()
        time.sleep(max(_LOOK_SECONDS, (time.monotonic() - began) / _LOOK_SHARE))


def _check_disk(request: BuildRequest) -> None:
    most = request.options.max_disk
    if used_bytes(Path(request.folder)) > most:
        raise IndexingError(f"the task needs more than {most:,} B of disk")


if __name__ == "__main__":
    main()
