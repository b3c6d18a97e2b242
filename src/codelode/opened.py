"""`OpenedIndex`: opens, describes and closes an index."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Self

from codelode import arguments
from codelode.errors import NoIndexError, StoreError, UsageError
from codelode.reader import IndexReader, reader_of
from codelode.store.locate import index_directory, index_folder, is_index, real_root
from codelode.store.manifest import read_manifest

if TYPE_CHECKING:
    from codelode.embed.encoder import Encoder
    from codelode.serving.dispatcher import Dispatcher

_MAX_PROCESSES = 1024


class OpenedIndex:
    """The half of `Index` that opens, describes and closes an index."""

    def __init__(self, reader: IndexReader, dispatcher: Dispatcher | None = None) -> None:
        """Take the reader and the dispatcher; users call `open` instead."""
        self._reader = reader
        self._dispatcher = dispatcher

    @classmethod
    def open(
        cls,
        root: str | os.PathLike[str] = ".",
        index_dir: str | os.PathLike[str] | None = None,
        model: str | None = None,
        processes: int = 0,
        encoder: Encoder | None = None,
    ) -> Self:
        """Return the index of `root`; the index need not exist yet.

        `index_dir` is the folder that holds indexes (default: the user's cache folder), or the
        folder of this index. `model` names an embedding model or its folder (default: the model
        that the index was made with, else the bundled one). `encoder` is an embedding model that
        you supply instead; only this process has it, so updates use no other process.

        With `processes` (at most 1,024), up to that many child processes answer the searches that
        several threads request at once. They start when they are first needed, and end with
        `close`, with this object or with this program.

        Raises `UsageError` if `root` is not a folder that can be read.
        """
        real = real_root(arguments.path("root", root))
        if index_dir is not None:
            index_dir = arguments.expanded(arguments.path("index_dir", index_dir)).absolute()
        if model is not None:
            model = arguments.string("model", model)
        processes = arguments.whole_number("processes", processes, most=_MAX_PROCESSES)
        directory = index_directory(real, index_dir)
        if encoder is None:
            index = cls(reader_of(real, directory, model, index_dir))
            if processes:
                index._dispatch(processes)
            return index
        if model is not None or processes:
            raise UsageError("an encoder cannot be combined with a model or child processes")
        from codelode.embed.checked import CheckedEncoder

        return cls(IndexReader(real, directory, None, index_dir, CheckedEncoder(encoder)))

    @classmethod
    def around(cls, folder: Path, index_dir: str | os.PathLike[str] | None = None) -> Self:
        """Return the index to use for files in a folder, given by its real path.

        If `index_dir` is the folder of one index, it is that index. Otherwise, it is the nearest
        index, of `folder` or of a folder above it, that covers `folder`. If there is none, it is
        the index of the current folder, provided that this folder contains `folder` and that no
        index of it, or of a folder between the two, leaves `folder` out. In all other cases, it is
        the index of `folder` itself.
        """
        parent = index_folder(index_dir)
        if is_index(parent):  # `index_dir` is the folder of one index
            from codelode.store.catalog import entry  # not needed if `parent` is the cache

            recorded = entry(parent).root
            return cls.open(folder if recorded is None else recorded, index_dir)
        index = cls.open(folder, index_dir)
        if index.exists():
            return index
        outer = index.enclosing_root()
        if outer is not None:
            return cls.open(outer, index_dir)
        current = Path.cwd()
        between = [each for each in folder.parents if each.is_relative_to(current)]
        left_out = any(is_index(index_directory(each, index_dir)) for each in between)
        return cls.open(current, index_dir) if between and not left_out else index

    def _dispatch(self, processes: int) -> None:
        """Let child processes answer concurrent searches."""
        import weakref

        from codelode.serving.dispatcher import Dispatcher

        self._dispatcher = Dispatcher(self._reader, processes)
        weakref.finalize(self, self._dispatcher.close)  # the dispatcher has no reference to `self`

    def close(self) -> None:
        """End the child processes, if there are any; later searches run in this process."""
        if self._dispatcher is not None:
            self._dispatcher.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        try:
            manifest = read_manifest(self._reader.storage)
        except NoIndexError:
            state = "no index yet"
        except StoreError as error:
            state = type(error).__name__
        else:
            state = f"generation {manifest.generation}, {manifest.files:,} files"
        return f"<Index of {os.fsdecode(self.root)!r}: {state}>"

    @property
    def reader(self) -> IndexReader:
        """The reader of this index."""
        return self._reader

    @property
    def root(self) -> Path:
        """The real path of the tree."""
        return self._reader.root

    @property
    def directory(self) -> Path:
        """The folder of the index, which need not exist yet."""
        return self._reader.directory

    def exists(self) -> bool:
        """Return whether anything has been committed."""
        return self._reader.exists()

    def searchable(self) -> bool:
        """Return whether there is an index to search: of this tree, or of an enclosing folder."""
        return self.exists() or self.enclosing_root() is not None

    def enclosing_root(self) -> Path | None:
        """Return the root of an enclosing index that covers this tree, if there is one.

        Searches use it while this tree has no index of its own.
        """
        outer = self._reader.enclosing()
        return None if outer is None else outer.root
