"""Places in a repository that people point at: links to the lines of a file, and diffs."""

from __future__ import annotations

import re

from codelode.search.frames import Frame

MAX_POINTERS = 16
_MAX_LINE = 2000

_LINK = re.compile(
    r"https?://[^\s/]{1,200}/\S{1,300}?/(?:blob|blame|raw|src)/(?:branch/|commit/|tag/)?"
    r"[^/\s]{1,200}/(?P<path>[^\s#?()\[\]<>\"'`,;]{1,400})(?:\?[^\s#]{0,200})?"
    r"(?:#(?:L|lines-)(?P<line>\d{1,9}))?"
)
"""A file on GitHub, GitLab, Gitea, Forgejo or Bitbucket."""

_DIFF = re.compile(r"\+\+\+ (?:[bw]/)?(?P<path>[^\s]{1,400})")
_HUNK = re.compile(r"@@ -\d{1,9}(?:,\d{1,9})? \+(?P<line>\d{1,9})(?:,\d{1,9})? @@(?P<around>.*)")
_DEFINED = re.compile(r"(\w{1,200})\s*[({:]")
_UNCHANGED_LINES = 3
"""Lines of context before the first changed line of a hunk."""


def pointers_in(text: str) -> tuple[Frame, ...]:
    """Return the places that a text points at, in order and in linear time.

    The function of a place in a diff is the definition that its hunk names.
    """
    found: dict[Frame, None] = {}
    changed = ""  # the file of the diff being read
    for line in text.split("\n"):
        line = line[:_MAX_LINE].lstrip()
        if (head := _DIFF.match(line)) is not None:
            changed = head["path"]
        elif changed and (hunk := _HUNK.match(line)) is not None:
            around = _DEFINED.search(hunk["around"])
            first = int(hunk["line"]) + _UNCHANGED_LINES
            found[Frame(changed, first, around[1] if around else "")] = None
        else:
            for link in _LINK.finditer(line):
                found[Frame(link["path"].rstrip(".:"), int(link["line"] or 0), "")] = None
        if len(found) >= MAX_POINTERS:
            break
    return tuple(found)


def linked_path(url: str) -> str:
    """Return the path of the file that a URL links to; empty if it links to none."""
    link = _LINK.match(url)
    return link["path"] if link is not None else ""
