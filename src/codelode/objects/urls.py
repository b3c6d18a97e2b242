"""Open object stores by their URLs."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from codelode import arguments
from codelode.errors import UsageError
from codelode.objects.store import is_key

if TYPE_CHECKING:
    from codelode.objects.store import ObjectStore

BUCKET_SCHEMES = ("s3", "gs", "az")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def open_object_store(url: str | os.PathLike[str]) -> ObjectStore:
    """Return the object store at a URL: `s3://`, `gs://`, `az://`, `file://`, or a folder's path.

    A path after the bucket's name becomes a prefix of all keys. A folder is created by the first
    write; several machines may share it. Buckets need the extra `bucket`; credentials, regions and
    endpoints come from the environment (`AWS_…`, `GOOGLE_…`, `AZURE_…`) or from the machine.
    Nothing is contacted yet. Raises `UsageError`.
    """
    text = os.fspath(url)
    match = _SCHEME.match(text)
    scheme = match[1].lower() if match else "file"
    if scheme == "file":
        from codelode.objects.folder import FolderStore

        folder = _folder_of(text) if match else arguments.expanded(text).absolute()
        return FolderStore(folder.resolve() if ".." in folder.parts else folder)
    if scheme not in BUCKET_SCHEMES:
        raise UsageError(f"{_shown(text)}: a store is s3://, gs://, az://, file:// or a folder")
    parts = urlsplit(text)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError(
            f"{_shown(text)}: a store is a bucket and a path; credentials come from the environment"
        )
    prefix = parts.path.strip("/")
    if not parts.netloc or (prefix and not is_key(prefix)):
        raise UsageError(f"{_shown(text)}: expected {scheme}://BUCKET or {scheme}://BUCKET/PATH")
    from codelode.objects.bucket import BucketStore

    return BucketStore.open(f"{scheme}://{parts.netloc}{'/' if prefix else ''}{prefix}")


def _folder_of(text: str) -> Path:
    """Return the folder of a `file://` URL. Raises `UsageError`."""
    parts = urlsplit(text)
    if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
        raise UsageError(f"{_shown(text)}: expected file:///PATH")
    return Path(unquote(parts.path))


def _shown(text: str) -> str:
    """Return a URL without anything that may be credentials."""
    return re.sub(r"//[^/]*@", "//…@", text.partition("?")[0])
