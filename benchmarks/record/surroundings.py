"""Describe the machine, the versions and the commit. Host names and paths are not kept."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib import metadata
from pathlib import Path

from codelode.system.cpu import available_cores

PACKAGES = ("codelode", "numpy", "simsimd", "tree-sitter", "xxhash", "zstandard")
REPOSITORY = Path(__file__).parent.parent.parent
SOURCES = ("src", "benchmarks", "pyproject.toml", ":!benchmarks/runs")
"""Changes in these make a run dirty; new results of earlier runs do not."""


def machine() -> dict[str, str | int]:
    """Return processor, number of available cores, memory in bytes, kernel and architecture."""
    cores = available_cores()
    return {
        "cpu": _cpu(),
        "cores": cores or 1,
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "kernel": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
    }


def _cpu() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def machine_name(about: dict[str, str | int]) -> str:
    """Return a short name for a kind of machine, such as `amd-epyc-2x-24gb`."""
    cpu = re.sub(r"\(r\)|\(tm\)|\bcpu\b|@.*", " ", str(about["cpu"]).lower())
    label = "-".join(re.findall(r"[a-z0-9]+", cpu)[:4])
    return f"{label}-{about['cores']}x-{round(int(about['memory_bytes']) / 1e9)}gb"


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that do the work."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def commit() -> tuple[str, bool]:
    """Return the short hash of the commit, and whether the sources differ from it."""
    try:
        head = _git("rev-parse", "--short=10", "HEAD")
        changed = _git("status", "--porcelain", "--", *SOURCES)
    except (OSError, subprocess.CalledProcessError):
        return "unknown", True
    return head, bool(changed)


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(REPOSITORY), *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip()
