"""`Index` and its arguments: wrong ones are refused in one line, before anything changes."""

from __future__ import annotations

import json
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.faults.world import WordEncoder
from codelode import Hit, Index, RosterReader, metrics
from codelode.errors import MismatchError, ModelError, NoIndexError, UsageError
from codelode.pipeline.options import UpdateOptions, UpdateSettings
from codelode.search.request import MODES, SearchRequest
from codelode.serving.messages import pack_request, unpack_request
from codelode.types import Passages
from tests.commandline import SAMPLE, write_many, write_tree


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tree(tmp_path_factory.mktemp("tree"), SAMPLE)


@pytest.fixture(scope="module")
def index(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Index:
    index = Index.open(root, tmp_path_factory.mktemp("index"))
    index.update(jobs=1)
    return index


def test_the_root_is_given_as_text_or_as_a_path(root: Path, index: Index) -> None:
    for name in (root, str(root)):
        opened = Index.open(name, str(index.directory))
        assert (opened.root, opened.directory) == (index.root, index.directory)
        assert opened.exists()


def each(method: str, name: str, *values: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return calls of a method, each with one wrong argument."""
    return [(method, {name: value}) for value in values]


WRONG = [
    *each("open", "root", 3, None, "nul\0", "\ud800"),
    *each("open", "index_dir", 5, b"\0", "\ud800"),
    *each("open", "model", 7, Path("model")),
    *each("open", "processes", "2", -1, True, 1.5, None, 1025, 1 << 70),
    *each("open", "encoder", object(), WordEncoder),
    ("open", {"encoder": WordEncoder(), "processes": 2}),
    ("open", {"encoder": WordEncoder(), "model": "lode-static-192"}),
    *each("search", "query", 3, b"retry", None, ["retry"]),
    *each("search", "limit", "10", 0, -1, True, 2.5, None, np.float64(2), 1 << 70),
    *each(
        "search", "threshold", "1", True, 10**400, 10**5000, np.inf, np.array([1.0]), np.bool_(True)
    ),
    *each("search", "max_per_file", 0, 1.0, 1 << 70),
    *each("symbols", "limit", 0, 1 << 70),
    *each("search", "mode", "none", None, ["hybrid"], 3),
    *each("search", "languages", 3, [3], b"py", ["py", None]),
    *each("search", "globs", 3, [Path("*.py")], {"*.py": 1, 2: 2}),
    *each("search", "explain", "yes", 1, None),
    *each("update", "paths", 3, [3], b"a.py", ["a.py", None], "nul\0", "\ud800"),
    *each("update", "jobs", 0, -1, "2", True, 1.5),
    *each("update", "hidden", "yes", 1, []),
    *each("update", "no_ignore", "yes", 1),
    *each("update", "max_file_size", "1M", -1, True, 1e6),
    *each("update", "max_memory", "1G", 0, 1e9),
    *each("update", "rebuild", "yes", 1, None),
    *each("update", "wait", "1", -1, None, True, float("nan")),
    *each("update", "on_wait", 3),
    *each("update", "on_skip", 3),
    *each("update", "progress", 3, print),
    *each("update", "profile", 1),
    *each("update", "trace", 3),
    *each("plan", "hidden", "yes"),
    *each("plan", "no_ignore", "yes"),
    *each("plan", "max_file_size", "1M"),
    *each("plan", "on_skip", "yes"),
    *each("plan", "read", "yes"),
    *each("repair", "jobs", "2"),
    *each("status", "changes", 1),
    *each("enable", "target", 3, b"file:x"),
    *each("enable", "loopback_only", "no", 1),
]


@pytest.mark.parametrize(
    ("method", "options"), WRONG, ids=[f"{m}-{n}" for n, (m, _) in enumerate(WRONG)]
)
def test_a_wrong_argument_is_named_in_one_line(
    index: Index, root: Path, method: str, options: dict[str, Any]
) -> None:
    before = sorted((path.name, path.read_bytes()) for path in index.directory.iterdir())
    call = metrics.enable if method == "enable" else getattr(index, method)
    needed: dict[str, dict[str, Any]] = {"open": {"root": root}, "search": {"query": "retry"}}
    with pytest.raises(UsageError) as raised:
        call(**{**needed.get(method, {}), **options})
    message = str(raised.value)
    name = next(iter(options))
    called = {"limit": "number of symbols" if method == "symbols" else "number of hits"}
    assert called.get(name, name) in message
    assert "\n" not in message
    assert len(message) < 200
    after = sorted((path.name, path.read_bytes()) for path in index.directory.iterdir())
    assert after == before


def test_a_home_folder_that_is_not_there_is_named(root: Path) -> None:
    for call in (
        lambda: Index.open(root, "~nobody-here/x"),
        lambda: Index.open(root, model="~nobody-here/x").encoder(),
        lambda: RosterReader.open("~nobody-here/x"),
    ):
        with pytest.raises(UsageError, match=r"no home folder: there is no ~nobody-here$"):
            call()


def test_long_values_are_shortened(index: Index) -> None:
    with pytest.raises(UsageError) as raised:
        index.search("retry", mode="x" * 10_000)  # type: ignore[arg-type]
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize("option", ["query", "languages", "globs", "regex", "since", "kinds"])
def test_long_texts_are_shortened(index: Index, option: str) -> None:
    text = {"globs": "[", "regex": "("}.get(option, "\0") * 100_000
    with pytest.raises(UsageError) as raised:
        if option == "kinds":
            index.symbols("retry", kinds=text)
        else:
            index.search(**{"query": "retry", option: text})  # type: ignore[arg-type]
    assert len(str(raised.value)) < 500


def test_an_unknown_setting_is_a_type_error(index: Index) -> None:
    with pytest.raises(TypeError, match=r"update\(\) got an unexpected keyword argument 'job'"):
        index.update(job=2)  # type: ignore[call-arg]


def test_each_setting_of_an_update_has_an_option() -> None:
    options = [field.name for field in fields(UpdateOptions)]
    options.remove("merged_chunks")  # internal: for updates before a search
    options.remove("slice")  # internal: for builds of a large tree in slices
    assert options == ["paths", *UpdateSettings.__annotations__]
    documented = Index.update.__doc__ or ""
    assert all(f"`{name}`" in documented for name in options)


def test_a_plain_string_means_one_item(index: Index, root: Path) -> None:
    for one, many in (("python", ["python"]), ("py", ("py",)), ("c++", {"c++"})):
        assert index.search("retry", languages=one) == index.search("retry", languages=list(many))
    for glob in ("*.py", "!*.md"):
        assert index.search("retry", globs=glob) == index.search("retry", globs=[glob])
    assert {hit.path for hit in index.search("retry", globs="*.md")} == {"docs/guide.md"}
    assert index.search("retry", languages=[], globs=()) == index.search("retry")
    generation = index.snapshot().manifest.generation
    (root / "src/retry.py").touch()
    for paths in ("src/retry.py", Path("src/retry.py"), root / "src"):
        assert index.update(paths, jobs=1).bytes_read <= (root / "src/retry.py").stat().st_size * 2
    assert index.snapshot().manifest.generation == generation + 1


def test_numbers_of_numpy_are_numbers(root: Path, tmp_path: Path) -> None:
    index = Index.open(root, tmp_path / "index", processes=np.int64(1))  # type: ignore[arg-type]
    assert index._dispatcher is not None
    with index._dispatcher._slot(), pytest.raises(NoIndexError):
        index.search("retry")  # in a child process, because another search is under way
    index.close()
    index.update(jobs=np.int32(1), max_file_size=np.uint64(1 << 19))  # type: ignore[arg-type]
    assert index.snapshot().manifest.options["max_file_size"] == 1 << 19
    assert len(index.search("retry", limit=np.int8(1))) == 1  # type: ignore[arg-type]
    given = SearchRequest("retry", threshold=np.float32(0.5), max_per_file=np.int64(2))  # type: ignore[arg-type]
    assert unpack_request(json.loads(json.dumps(pack_request(given)))) == given
    index.update(wait=np.int64(0))  # type: ignore[arg-type]


def test_repr_says_what_there_is(index: Index, root: Path, tmp_path: Path) -> None:
    generation = index.snapshot().manifest.generation
    assert repr(index) == f"<Index of {str(root)!r}: generation {generation}, 5 files>"
    fresh = Index.open(root, tmp_path / "index")
    assert repr(fresh) == f"<Index of {str(root)!r}: no index yet>"
    fresh.update(jobs=1)
    (fresh.directory / "manifest.json").write_bytes(b"nonsense")
    assert repr(fresh) == f"<Index of {str(root)!r}: DamagedError>"
    with Index.open(root, tmp_path / "index", processes=2) as served:
        assert repr(served) == repr(fresh)


def test_repr_of_a_hit_is_one_short_line(index: Index) -> None:
    (hit, *_) = index.search("RetryScheduler")
    assert repr(hit) == f"<Hit src/retry.py:6 RetryScheduler (class) score={hit.score:.3f}>"
    unknown = Hit("a", 1, 1, 2, 0.5, "text\n" * 1000, None, stale=True)
    assert repr(unknown) == "<Hit a:1 score=0.500 stale>"


class TestEncoderOfYourOwn:
    def test_it_is_used_in_this_process_alone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = write_many(tmp_path / "many")
        index = Index.open(root, tmp_path / "index", encoder=WordEncoder())

        def refuse(*_: object, **__: object) -> None:
            raise AssertionError("a process was started")

        monkeypatch.setattr(subprocess, "Popen", refuse)
        assert index.update(jobs=4).files == 520
        assert index.snapshot().manifest.encoder == WordEncoder().name
        assert index.search("function_77", mode="semantic")[0].path == "module_77.py"
        assert index.encoder().fingerprint == WordEncoder().fingerprint

    def test_the_index_remembers_it(self, root: Path, tmp_path: Path) -> None:
        Index.open(root, tmp_path, encoder=WordEncoder()).update()
        again = Index.open(root, tmp_path)
        with pytest.raises(ModelError, match=WordEncoder().name):
            again.search("retry")
        assert again.search("retry", mode="lexical")
        other = WordEncoder()
        other.fingerprint = "another"
        with pytest.raises(MismatchError, match="--rebuild"):
            Index.open(root, tmp_path, encoder=other).search("retry")
        with pytest.raises(MismatchError, match="--rebuild"):
            Index.open(root, tmp_path, encoder=other).update()
        assert Index.open(root, tmp_path, encoder=WordEncoder()).search("retry")

    def test_an_enclosing_index_uses_it_too(self, root: Path, tmp_path: Path) -> None:
        Index.open(root, tmp_path, encoder=WordEncoder()).update()
        below = Index.open(root / "src", tmp_path, encoder=WordEncoder())
        assert below.enclosing_root() == root
        assert {hit.path for hit in below.search("retry config")} == {"config.ts", "retry.py"}

    @pytest.mark.parametrize(
        ("vectors", "problem"),
        [
            (lambda n, d: np.zeros((n, d + 1), np.float32), "shape"),
            (lambda n, d: np.zeros((n + 1, d), np.float32), "shape"),
            (lambda n, d: np.zeros((n, d)), "float32"),
            (lambda n, d: np.zeros((n, d), np.float32).tolist(), "float32"),
            (lambda n, d: np.full((n, d), np.nan, np.float32), "finite"),
        ],
    )
    def test_what_it_returns_is_checked(
        self, root: Path, tmp_path: Path, vectors: Any, problem: str
    ) -> None:
        class Careless(WordEncoder):
            def encode_passages(self, passages: Passages) -> NDArray[np.float32]:
                made: NDArray[np.float32] = vectors(len(passages.texts), self.dimensions)
                return made

            def encode_query(self, query: str) -> NDArray[np.float32]:
                made: NDArray[np.float32] = vectors(1, self.dimensions)[0]
                return made

        index = Index.open(root, tmp_path, encoder=Careless())
        with pytest.raises(ModelError, match=problem):
            index.update()
        with pytest.raises(NoIndexError):
            index.search("retry")
        Index.open(root, tmp_path, encoder=WordEncoder()).update()
        # One row too many does no harm: the query takes the first row, which is right.
        if not (problem == "shape" and len(vectors(1, 3)) == 2):
            with pytest.raises(ModelError, match=problem):
                index.search("retry")

    @pytest.mark.parametrize(
        "change", [{"name": 3}, {"fingerprint": None}, {"dimensions": 0}, {"dimensions": "16"}]
    )
    def test_what_it_says_of_itself_is_checked(self, root: Path, change: dict[str, Any]) -> None:
        encoder = WordEncoder()
        vars(encoder).update(change)
        with pytest.raises(UsageError, match=f"encoder.{next(iter(change))}"):
            Index.open(root, encoder=encoder)


@given(
    st.text(),
    st.integers(1, 10**9),
    st.sampled_from(MODES),
    st.none() | st.text() | st.lists(st.text()),
    st.none() | st.text() | st.lists(st.text()),
    st.booleans(),
)
def test_requests_cross_over(
    query: str,
    limit: int,
    mode: Any,
    languages: list[str] | str | None,
    globs: list[str] | str | None,
    explain: bool,
) -> None:
    request = SearchRequest(query, limit, mode, languages, globs, explain, "below/")
    assert unpack_request(json.loads(json.dumps(pack_request(request)))) == request
