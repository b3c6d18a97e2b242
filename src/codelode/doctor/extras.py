"""Findings about the extras: which are installed, and whether they can be imported.

A package may lack one of its own dependencies, or may be made for another machine. Only an import
shows that. The import runs in a process of its own, because such a package may do anything.
"""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from codelode.doctor.diagnosis import Diagnosis
from codelode.doctor.packages import is_installed, requirements
from codelode.system.cpu import available_cores
from codelode.system.error_message import last_line

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = {
    "bucket": ("obstore.store",),
    "cluster": ("obstore.store", "ray"),
    "mcp": ("codelode.mcp.http", "codelode.mcp.server"),
    "metrics": ("codelode.metrics.instruments", "opentelemetry.exporter.prometheus"),
    "onnx": ("onnxruntime", "tokenizers"),
    "pick": ("prompt_toolkit.application",),
    "profile": ("pyinstrument",),
    "serve": ("codelode.page.serve", "uvicorn.protocols.http.h11_impl"),
}
"""Modules whose import needs everything that an extra installs."""

_TIMEOUT = 60.0
"""Seconds for an import: onnxruntime and Ray may take several on a busy machine."""


def extras() -> Iterator[Diagnosis]:
    """Yield a finding about each extra: installed, lacking packages, or broken."""
    missing = {extra: missing_packages(extra) for extra in requirements() if extra in MODULES}
    installed = [extra for extra, packages in missing.items() if not packages]
    with ThreadPoolExecutor(available_cores()) as pool:
        problems = dict(zip(installed, pool.map(import_problem, installed), strict=True))
    for extra, packages in missing.items():
        if packages:
            text, remedy = f"{extra}: without {', '.join(packages)}", f"{install(extra)}, to use it"
            yield Diagnosis("extras", "note", text, remedy)
        elif problems[extra]:
            remedy = install(extra, "--force-reinstall")
            yield Diagnosis("extras", "problem", f"{extra}: {problems[extra]}", remedy)
        else:
            yield Diagnosis("extras", "ok", f"{extra}: installed")


def missing_packages(extra: str) -> list[str]:
    """Return the packages of an extra that are not installed."""
    return [each for each in requirements().get(extra, ()) if not is_installed(each)]


def import_problem(extra: str) -> str:
    """Return why the modules of an extra cannot be imported; empty if they can."""
    # -P: a module in the current folder must never be imported in place of a package
    command = [sys.executable, "-P", "-c", f"import {', '.join(MODULES[extra])}"]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"its import takes more than {_TIMEOUT:.0f} seconds"
    if done.returncode == 0:
        return ""
    return last_line(done.stderr) or f"its import ends with code {done.returncode}"


def install(extra: str, *flags: str) -> str:
    """Return the command that installs an extra; `flags` are options of `pip install`."""
    return " ".join(["pip install", *flags, f"'codelode[{extra}]'"])
