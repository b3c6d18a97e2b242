"""Write training/sources/*.txt: the packages that pairs were mined from, with their licenses.

    python -m training.listing --packages DIR --mined FILE

First run `mine` over all packages that may be listed: the lists omit the packages that it dropped.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from training.archives import Package, packages
from training.fetch import KINDS, SOURCES

_NPM = re.compile(r"(.+?)-(\d+\.\d+\.\d+.*)\.tgz$")


def name_and_version(package: Package) -> tuple[str, str]:
    """Return the name and the version of a package, as in its registry.

    They come from the name of its first archive. For npm, they come from package.json if there is
    one, because the name of an archive lacks the `@scope/` of a scoped package.
    """
    archive = package.archives[0]
    if package.kind == "npm":
        found = _NPM.match(archive.name)
        for path, content in package.files():
            if path == "package/package.json":
                about = json.loads(content)
                return about["name"], about["version"]
        assert found is not None
        return found[1], found[2]
    if package.kind == "pypi":
        name, version = archive.name.split("-")[:2]
        return name.replace("_", "-"), version
    return package.name, archive.name.split("_")[1].partition(".orig")[0].partition(".debian")[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("--mined", type=Path, required=True)
    options = parser.parse_args()
    rows = map(json.loads, options.mined.read_text().splitlines())
    licenses = {row["package"]: row["licenses"] for row in rows if row["pairs"]}
    lines: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for package in packages(options.packages):
        named = licenses.get(f"{package.kind}:{package.name}")
        if named:
            line = "\t".join([*name_and_version(package), "; ".join(named)])
            lines[package.kind].append(" ".join(line.split(" ")))
    for kind, found in lines.items():
        text = "".join(f"{line}\n" for line in sorted(set(found)))
        (SOURCES / f"{kind}.txt").write_text(text, encoding="utf-8")
        print(f"{kind}: {len(found)}")


if __name__ == "__main__":
    main()
