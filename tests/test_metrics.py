"""Metrics: their values and targets; nothing is imported while they are off."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from codelode import Index, metrics
from codelode.errors import NoIndexError, UsageError
from codelode.search.request import MODES
from codelode.store.lock import write_lock
from tests.commandline import CommandLine, without, write_many

Values = dict[tuple[str, frozenset[tuple[str, str]]], float]
STAGES = {"walk", "compare", "read", "chunk", "tokenize", "embed", "build", "seal", "commit"}


def parsed(text: str) -> Values:
    """Return every sample of an exposition by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(values: Values, name: str, **labels: str) -> float:
    return values[f"codelode_{name}", frozenset(labels.items())]


def labels(values: Values, name: str, label: str) -> set[str]:
    return {dict(pairs)[label] for found, pairs in values if found == f"codelode_{name}"}


def scraped(address: str) -> Values:
    with urllib.request.urlopen(address, timeout=30) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain")
        return parsed(answer.read().decode("utf-8"))


@pytest.fixture
def off() -> Iterator[None]:
    """Disable metrics after each test."""
    yield
    metrics.disable()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_update_is_counted_as_it_reports(lode: CommandLine, tmp_path: Path, jobs: str) -> None:
    root = write_many(tmp_path / "many")
    file = tmp_path / "metrics" / "lode.prom"
    file.parent.mkdir()
    report = (
        lode("index", root, "--json", "--jobs", jobs, LODE_METRICS=f"file:{file}")
        .must_succeed()
        .json
    )
    assert list(file.parent.iterdir()) == [file]  # nothing temporary is left
    found = parsed(file.read_text("utf-8"))
    for change in ("added", "changed", "removed"):
        assert value(found, "files_total", change=change) == report[f"files_{change}"]
    assert value(found, "chunks_total") == report["chunks_made"] == report["chunks"]
    assert value(found, "read_bytes_total") == report["bytes_read"] > 0
    for stage, spent in report["stages"].items():
        for clock in ("wall", "cpu"):
            assert (
                value(found, "stage_time_seconds_total", stage=stage, clock=clock) == spent[clock]
            )
    assert labels(found, "stage_time_seconds_total", "stage") >= STAGES
    assert value(found, "update_duration_seconds_count") == 1
    assert value(found, "update_duration_seconds_sum") == report["seconds"]
    assert value(found, "update_utilization") == report["load"]["utilization"]
    assert value(found, "update_memory_bytes") == report["peak_rss_bytes"]
    for name in ("generation", "files", "chunks", "segments"):
        assert value(found, f"index_{name}", root=str(root)) == report[name]
    assert value(found, "index_size_bytes", root=str(root)) == report["index_bytes"]
    assert 1 << 20 < value(found, "process_memory_bytes") < 1 << 31


@pytest.mark.parametrize(
    ("mode", "phases"),
    [
        ("hybrid", {"filter", "dense", "lexical", "rank", "text"}),
        ("semantic", {"filter", "dense", "lexical", "rank", "text"}),  # features use BM25
        ("lexical", {"filter", "lexical", "rank", "text"}),
    ],
)
def test_a_search_is_counted_by_phase(
    lode: CommandLine, tree: Path, tmp_path: Path, mode: str, phases: set[str]
) -> None:
    lode("index", tree).must_succeed()
    file = tmp_path / "lode.prom"
    answer = (
        lode("search", "retry", tree, "--json", "--mode", mode, LODE_METRICS=f"file:{file}")
        .must_succeed()
        .json
    )
    found = parsed(file.read_text("utf-8"))
    assert value(found, "query_duration_seconds_count", mode=mode) == 1
    total = value(found, "query_duration_seconds_sum", mode=mode)
    assert total == pytest.approx(answer["seconds"], abs=1e-6)
    assert labels(found, "query_phase_duration_seconds_count", "phase") == phases
    spent = [value(found, "query_phase_duration_seconds_sum", phase=phase) for phase in phases]
    assert 0 < sum(spent) <= total
    assert value(found, "index_generation", root=str(tree)) == 1
    assert value(found, "index_segments", root=str(tree)) == 1


def test_an_endpoint_is_there_while_the_command_runs(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    directory = Path(lode("status", tree, "--json").json["directory"])
    address = f"http://127.0.0.1:{free_port()}"
    with write_lock(directory):  # the update waits while we scrape
        process = lode.start("index", tree, "--wait", LODE_METRICS=address)
        assert process.stderr is not None
        assert b"waiting" in process.stderr.readline()
        assert value(scraped(f"{address}/metrics"), "process_memory_bytes") > 1 << 20
    assert process.wait(60) == 0
    process.communicate()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(address, timeout=30)


PROGRAM = """
import sys
from codelode import Index, metrics
print(metrics.enable("http://127.0.0.1:0"), flush=True)
index = Index.open(sys.argv[1], index_dir=sys.argv[2])
for line in sys.stdin:
    if line.strip() == "update":
        index.update()
    else:
        index.search(line.strip(), mode="lexical")
    print("done", flush=True)
"""


def test_a_long_running_program_can_be_scraped(tree: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, tree, tmp_path / "index"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        address = program.stdout.readline().strip()

        def ask(line: str) -> Values:
            assert program.stdin is not None
            assert program.stdout is not None
            print(line, file=program.stdin, flush=True)
            assert program.stdout.readline() == "done\n"
            return scraped(address)

        first = ask("update")
        assert value(first, "files_total", change="added") == 5
        assert value(first, "index_skipped", root=str(tree), reason="empty") == 1
        (tree / "new.py").write_text("new = 1\n")
        (tree / "empty.py").unlink()
        second = ask("update")
        assert value(second, "files_total", change="added") == 6
        assert value(second, "index_skipped", root=str(tree), reason="empty") == 0
        assert value(second, "update_duration_seconds_count") == 2
        assert value(second, "read_bytes_total") >= value(first, "read_bytes_total") + 8
        for number in (1, 2):
            third = ask("retry")
            assert value(third, "query_duration_seconds_count", mode="lexical") == number
            assert value(third, "query_phase_duration_seconds_count", phase="lexical") == number
        program.stdin.close()
    assert program.returncode == 0


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("http://0.0.0.0:9464", "this machine only"),
        ("http://192.0.2.1:9464", "this machine only"),
        ("http://example.org:9464", "this machine only"),
        ("http://127.0.0.1", "http://127.0.0.1:PORT"),
        ("http://127.0.0.1:99999", "http://127.0.0.1:PORT"),
        ("https://127.0.0.1:9464", "http://127.0.0.1:PORT"),
        ("9464", "file:PATH"),
        ("file:/nowhere/at/all/lode.prom", "No such file"),
    ],
)
def test_an_invalid_target_is_refused(
    lode: CommandLine, tree: Path, target: str, words: str
) -> None:
    lode("index", tree, LODE_METRICS=target).must_be_refused(target.removeprefix("file:"), words)
    assert not lode.cache.exists()


def test_a_port_in_use_is_an_error(lode: CommandLine, tree: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"http://127.0.0.1:{other.getsockname()[1]}"
        lode("index", tree, LODE_METRICS=address).must_be_refused(address, "in use")


@pytest.mark.parametrize("package", ["opentelemetry", "prometheus_client"])
def test_without_the_packages_one_line_says_what_to_install(
    lode: CommandLine, tree: Path, tmp_path: Path, package: str
) -> None:
    missing = without(package, tmp_path / "site")
    target = f"file:{tmp_path / 'lode.prom'}"
    refused = lode("index", tree, PYTHONPATH=missing, LODE_METRICS=target)
    refused.must_be_refused("opentelemetry", "pip install 'codelode[metrics]'")
    assert not lode.cache.exists()
    assert lode("index", tree, PYTHONPATH=missing).code == 0


def test_optional_packages_are_not_imported_unasked(tree: Path, tmp_path: Path) -> None:
    program = (
        "import json, sys; from codelode import Index;"
        " index = Index.open(sys.argv[1], index_dir=sys.argv[2]);"
        " index.update(profile=True); index.search('retry'); print(json.dumps(sorted(sys.modules)))"
    )
    command = [sys.executable, "-c", program, str(tree), str(tmp_path / "index")]
    modules = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert "codelode.metrics" in modules
    optional = {"opentelemetry", "prometheus_client", "pyinstrument"}
    assert optional.isdisjoint(name.split(".")[0] for name in modules)
    assert not {"codelode.metrics.instruments", "codelode.metrics.export"} & set(modules)


def test_threads_count_their_own_searches(tree: Path, tmp_path: Path, off: None) -> None:
    index = Index.open(tree, index_dir=tmp_path / "index")
    index.update()
    address = metrics.enable("http://127.0.0.1:0")
    assert address is not None
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(index.search, ["retry"] * 40))
    found = scraped(address)
    assert value(found, "query_duration_seconds_count", mode="hybrid") == 40
    for phase in ("filter", "dense", "lexical", "rank", "text"):
        assert value(found, "query_phase_duration_seconds_count", phase=phase) == 40


def test_errors_are_counted(tree: Path, tmp_path: Path, off: None) -> None:
    address = metrics.enable("http://127.0.0.1:0")
    assert address is not None
    index = Index.open(tree, index_dir=tmp_path / "index")
    with pytest.raises(NoIndexError):
        index.search("retry")
    with pytest.raises(UsageError):
        index.update(trace=tmp_path / "nowhere" / "trace.json")
    found = scraped(address)
    assert value(found, "errors_total", operation="search", error="NoIndexError") == 1
    assert value(found, "errors_total", operation="update", error="UsageError") == 1


def test_metrics_can_be_enabled_again(tree: Path, tmp_path: Path, off: None) -> None:
    index = Index.open(tree, index_dir=tmp_path / "index")
    before = threading.active_count()
    for name in ("first.prom", "second.prom"):
        assert metrics.enable(f"file:{tmp_path / name}") == f"file:{tmp_path / name}"
        with pytest.raises(UsageError, match="enabled already"):
            metrics.enable("http://127.0.0.1:0")
        index.update()
        metrics.disable()
        metrics.disable()
    assert threading.active_count() == before
    index.update(rebuild=True)  # metrics are off: not counted
    first, second = (parsed((tmp_path / f"{n}.prom").read_text()) for n in ("first", "second"))
    assert value(first, "files_total", change="added") == 5
    assert value(second, "files_total", change="added") == 0


def test_a_program_may_have_metrics_of_its_own(tree: Path, tmp_path: Path, off: None) -> None:
    from opentelemetry.metrics import set_meter_provider
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    reader = InMemoryMetricReader()
    set_meter_provider(MeterProvider([reader]))  # possible only once per process
    assert metrics.enable() is None
    Index.open(tree, index_dir=tmp_path / "index").update()
    data = reader.get_metrics_data()
    assert data is not None
    (scope,) = data.resource_metrics[0].scope_metrics
    assert scope.scope.name == "codelode"
    units = {metric.name: metric.unit for metric in scope.metrics}
    assert units["codelode.files"] == "{file}"
    assert units["codelode.read"] == "By"
    assert units["codelode.update.duration"] == "s"


def test_a_root_that_is_not_utf8_has_a_label(tmp_path: Path, off: None) -> None:
    root = tmp_path / os.fsdecode(b"caf\xe9")
    root.mkdir()
    (root / "a.py").write_text("x = 1\n")
    metrics.enable(f"file:{tmp_path / 'lode.prom'}")
    Index.open(root, index_dir=tmp_path / "index").update()
    metrics.disable()
    found = parsed((tmp_path / "lode.prom").read_text("utf-8"))
    assert value(found, "index_files", root=f"{tmp_path}/caf\ufffd") == 1


def test_a_file_that_cannot_be_written_at_the_end_is_an_error(
    tree: Path, tmp_path: Path, off: None
) -> None:
    folder = tmp_path / "metrics"
    folder.mkdir()
    metrics.enable(f"file:{folder / 'lode.prom'}")
    (folder / "lode.prom").unlink()
    folder.rmdir()
    with pytest.raises(FileNotFoundError):
        metrics.disable()
    assert metrics.recorder() is None


MONITORING = Path(__file__).parent.parent / "docs" / "monitoring.md"
_ROW = re.compile(r"^\| `(codelode_\w+)` \| (\w+) \| (.*?) \|", re.MULTILINE)
_LABEL = re.compile(r"`(\w+)`(?:: ([\w, ]+))?")
_STAGES = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \| (?:parent|workers) \|", re.MULTILINE)


def documented() -> dict[str, tuple[str, dict[str, set[str]]]]:
    """Return the table of metrics: for each name, the type and the values of each label."""
    text = MONITORING.read_text("utf-8")
    stages = {name for row in _STAGES.findall(text) for name in re.findall(r"`(\w+)`", row)}
    metrics = {}
    for name, kind, cell in _ROW.findall(text):
        values = {
            label: set(filter(None, said.split(", "))) for label, said in _LABEL.findall(cell)
        }
        if "stage" in values:
            values["stage"] = stages
        metrics[name] = kind, values
    return metrics


def exposed(text: str) -> dict[str, tuple[str, dict[str, set[str]]]]:
    """Return the metrics of an exposition in the form of `documented`."""
    found: dict[str, tuple[str, dict[str, set[str]]]] = {}
    for family in text_string_to_metric_families(text):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        _, values = found.setdefault(name, (family.type, {}))
        for sample in family.samples:
            for label, value in sample.labels.items():
                if label != "le":
                    values.setdefault(label, set()).add(value)
    return found


def test_the_documentation_has_every_metric_and_no_other(tmp_path: Path, off: None) -> None:
    root = write_many(tmp_path / "many")
    file = tmp_path / "lode.prom"
    metrics.enable(f"file:{file}")
    with Index.open(root, index_dir=tmp_path / "index") as index:
        with pytest.raises(NoIndexError):
            index.search("function")
        index.update(jobs=2)
        for mode in MODES:
            index.search("function", mode=mode)
        (root / "empty.py").write_text("")
        index.update()
        with pytest.raises(UsageError):
            index.update(trace=tmp_path / "nowhere" / "trace.json")
    metrics.disable()
    said, shown = documented(), exposed(file.read_text("utf-8"))
    assert {name: kind for name, (kind, _) in said.items()} == {
        name: kind for name, (kind, _) in shown.items()
    }
    for name, (_, values_said) in said.items():
        assert set(values_said) == set(shown[name][1]), name
        for label, values in values_said.items():
            if label not in ("root", "reason", "error"):
                assert values == shown[name][1][label], (name, label)


def test_the_documentation_has_the_names_in_opentelemetry() -> None:
    names = set(re.findall(r"`(codelode\.[a-z.]+)` in", MONITORING.read_text("utf-8")))
    assert len(names) == 2
    for name in names:
        assert any(known.startswith(name.replace(".", "_")) for known in documented()), name
