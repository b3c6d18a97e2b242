"""Build one repository of a roster: obtain its source, index it, upload the index.

All of this happens in a process of its own (`builder`), with limits of memory, disk and time, since
sources are hostile. Whatever goes wrong is the `problem` of that repository.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from codelode.cluster.build_messages import BuildRequest, Built, unpack_repository
from codelode.cluster.workspace import workspace
from codelode.discover.slices import Slice
from codelode.errors import CodelodeError, IndexingError
from codelode.system.error_message import raise_packed
from codelode.system.groups import end_group
from codelode.system.processes import ChildProcess

if TYPE_CHECKING:
    from codelode.cluster.build_messages import Source, TaskOptions

_BUILDER = "codelode.cluster.builder"
_LONGEST_SECONDS = 6 * 3600


def build(
    source: Source,
    before: str,
    options: TaskOptions,
    slice: Slice | None = None,
    commit: str = "",
) -> Built:
    """Build a repository, or a slice of it, and upload its index; the caller commits it.

    `before` is the digest of the manifest that the roster has now, or "". If the tree is so large
    that it should be built in slices, returns the slices and builds nothing. For a git URL, the
    returned `commit` is then the commit from which all slices must be built. Building twice does
    no harm. Errors become a `problem` and are not raised.
    """
    began = time.monotonic()
    folder = ""
    try:
        with workspace() as path:
            folder = str(path)
            built = _built(BuildRequest(source, options, folder, before, slice, commit))
    except (CodelodeError, OSError) as error:
        problem = " ".join(str(error).split()) or type(error).__name__
        if folder:
            problem = problem.replace(f"{folder}/tree", source.place)
        built = Built(source.name, problem=problem)
    return replace(built, seconds=time.monotonic() - began)


def _built(request: BuildRequest) -> Built:
    """Run the builder; return its outcome. Raises what the builder raises.

    Raises `IndexingError` if the builder takes too long or ends without a reply.
    """
    began = time.monotonic()
    process = ChildProcess(_BUILDER, request.pack())
    limit = threading.Timer(_LONGEST_SECONDS, end_group, (process.pid, 0.0))
    limit.start()
    try:
        frame = process.receive()
    finally:
        limit.cancel()
        process.end_input()
        end_group(process.pid, 0.0)
        status = process.wait()
        process.close()
    if frame is None and time.monotonic() - began >= _LONGEST_SECONDS:
        raise IndexingError(f"it took longer than {_LONGEST_SECONDS} s")
    if frame is None:
        raise IndexingError(f"the process that builds it ended with status {status}")
    reply = frame[0]
    raise_packed(reply)
    slices = tuple(Slice(**each) for each in reply.get("slices", ()))
    made = reply.get("repository")
    return Built(
        request.source.name,
        None if made is None else unpack_repository(made),
        slices,
        reply.get("commit", ""),
        peak_bytes=int(reply["peak"]),
    )
