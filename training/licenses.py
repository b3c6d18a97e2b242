"""Check that all licenses of a package are permissive, so that we may learn from it.

Licenses are read from the machine-readable metadata of the registries: debian/copyright (DEP-5),
npm's package.json, PyPI's METADATA, Haskell's .cabal; failing these, they are recognized by the
wording of the license files at the top of a source archive. Unrecognized packages are dropped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

PERMISSIVE = re.compile(
    r"(expat|mit|x11|isc|0bsd|bsd|apache|zlib|libpng|psf|python|unlicense|cc0|public[- ]?domain"
    r"|boost|bsl|wtfpl|ruby|php|curl|ncsa|unicode|blueoak|artistic-2|openssl|ofl|fsfap|zpl|zope"
    r"|permissive|postgresql|ms-pl|hpnd|ntp|libtiff|ijg|json|icu|tcl|cc-by-[34])"
)
_COPYLEFT = re.compile(r"gpl|gnu|mpl|epl|eupl|cddl|cecill|-sa\b|\bnc\b|affero|copyleft|qpl|osl")
_COPYLEFT_NOTICE = re.compile(
    rb"general\s+public\s+licen|\b[AL]?GPL|mozilla\s+public|\bMPL\b|eclipse\s+public|CDDL", re.I
)
_WORDING = {
    "mit": r"permission is hereby granted, free of charge",
    "bsd": r"redistribution and use in source and binary forms",
    "apache-2.0": r"apache license,?\s+version 2|www\.apache\.org/licenses",
    "isc": r"permission to use, copy, modify,? and(/or)? distribute",
    "zlib": r"provided 'as-is', without any express or implied",
    "boost": r"boost software license",
    "unlicense": r"free and unencumbered software released into the public domain",
    "gpl": r"gnu (lesser |library |affero )?general public",
    "mpl": r"mozilla public license",
    "epl": r"eclipse public license|eclipse distribution license",
    "cddl": r"common development and distribution",
    "cecill": r"cecill",
}
_EXEMPT = re.compile(r"^debian/|\.m4$|configure|install-sh|ltmain|config\.(guess|sub)|aclocal")


def licenses_of(documents: Iterable[tuple[str, str]]) -> set[str]:
    """Return the licenses named in a package's documents (path, text), in lower case."""
    declared: set[str] = set()
    recognized: set[str] = set()
    for path, text in documents:
        if path.endswith(("debian/copyright", "/copyright")) and "\nFiles:" in text:
            declared |= _debian(text)
        elif path.endswith("package.json"):
            declared |= _npm(text)
        elif path.endswith(".cabal"):
            declared |= set(re.findall(r"^license:\s*(\S.*?)\s*$", text.lower(), re.M))
        elif path.endswith(("METADATA", "PKG-INFO")):
            declared |= _python(text)
        else:
            recognized |= _recognize(text)
    return declared or recognized


def is_copyleft(text: bytes) -> bool:
    """Return whether the top of a file mentions a copyleft license, whatever its package says."""
    return _COPYLEFT_NOTICE.search(text[:4000]) is not None


def permissive(licenses: set[str]) -> bool:
    """Return whether all these licenses are permissive."""
    return bool(licenses) and all(map(_permits, licenses))


def _permits(license: str) -> bool:
    """Return whether a license is permissive: any part of an `or` suffices, `and` needs all."""
    return any(
        all(PERMISSIVE.search(part) and not _COPYLEFT.search(part) for part in choice)
        for choice in (
            re.split(r"\s+and\s+|,|\s*&\s*", option)
            for option in re.split(r"\s+or\s+|\s*/\s*|\s*\|+\s*", license.strip("() "))
        )
    )


def _debian(text: str) -> set[str]:
    """Return the licenses of `Files:` stanzas that name more than packaging and build scripts."""
    found = set()
    for stanza in re.split(r"\n\s*\n", text):
        files = re.search(r"^Files:\s*(.*(?:\n[ \t]+.*)*)", stanza, re.M)
        license = re.search(r"^License:[ \t]*(.+)", stanza, re.M | re.I)
        if files and license and not all(map(_EXEMPT.search, files[1].split())):
            found.add(license[1].strip().lower())
    return found


def _recognize(text: str) -> set[str]:
    """Return the licenses recognized by the wording of a license file."""
    lower = " ".join(text.lower().split())
    return {name for name, wording in _WORDING.items() if re.search(wording, lower)}


def _npm(text: str) -> set[str]:
    try:
        license = json.loads(text).get("license")
    except (ValueError, AttributeError):
        return set()
    if isinstance(license, dict):
        license = license.get("type")
    return {license.lower()} if isinstance(license, str) else set()


def _python(text: str) -> set[str]:
    head = text.split("\n\n", 1)[0]
    found = set(re.findall(r"^License-Expression: (.+)", head, re.M))
    found = found or set(
        re.findall(r"^Classifier: License :: (?:OSI Approved :: )?(.+)", head, re.M)
    )
    found = found or set(re.findall(r"^License: (.{2,60})$", head, re.M))
    return {license.strip().lower() for license in found - {"OSI Approved"}}
