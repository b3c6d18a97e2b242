"""Fixtures that several test modules share."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.commandline import SAMPLE, CommandLine, write_tree
from tests.s3_server import s3_server

# Other work on the machine must not fail a test; tests of speed measure CPU time themselves.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

# With a small budget, a busy machine would keep searches from updating the index first. Tests of
# the budget set their own.
os.environ["LODE_FRESH_BUDGET"] = "30"

# Background jobs of a shell ignore Ctrl-C, and so would every process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def lode(tmp_path: Path) -> CommandLine:
    """Return a command line with an empty home."""
    home = tmp_path / "home"
    home.mkdir()
    return CommandLine(home)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a small tree without an index."""
    return write_tree(tmp_path / "tree", SAMPLE)


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a real S3 server; return its URL."""
    with s3_server(tmp_path_factory.mktemp("seaweed")) as url:
        yield url
