"""Definitions by name, kind and file, compared with the definitions that the chunker finds."""

from __future__ import annotations

import os
import random
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode import Index, NoIndexError, SymbolHit, UsageError
from codelode.chunk.chunker import chunk
from codelode.discover.read import read
from codelode.discover.walk import walk
from codelode.search import symbol_finder
from codelode.search.symbol_query import EXACT, UNQUALIFIED, NameQuery, parse_name
from codelode.segment.name_glob import matches, places
from codelode.segment.name_keys import clean_name, name_key
from codelode.types import Document, Fresh, SourceFile

SAMPLES = Path(__file__).parent / "chunk_samples"
EVERYTHING = 1_000_000


class Known(NamedTuple):
    """A definition as the chunker finds it."""

    path: str
    line: int
    name: str
    kind: str
    end_line: int
    declaration: bool


def definitions_of(root: Path) -> Iterator[Known]:
    for file in walk(root):
        if not isinstance(file, SourceFile):
            continue
        document = read(root, file, 1 << 20)
        if isinstance(document, Document):
            for each in chunk(document).definitions:
                name = clean_name(each.name).decode()
                yield Known(
                    file.path, each.name_line, name, each.kind, each.end_line, each.declaration
                )


def known(hit: SymbolHit) -> Known:
    return Known(hit.path, hit.line, hit.name, hit.kind, hit.end_line, hit.declaration)


def key(name: str) -> bytes:
    return name_key(clean_name(name))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Return an index of source in all languages, with three segments and a changed file."""
    folder = tmp_path_factory.mktemp("symbols")
    root = folder / "tree"
    shutil.copytree(SAMPLES, root / "samples")
    index = Index.open(root, index_dir=folder / "indexes")
    index.update()
    shutil.copytree(SAMPLES, root / "tests" / "samples")
    (root / "samples" / "sample.py").write_text("def job_queue():\n    pass\n")
    index.update()
    (root / "queue.h").write_text("void push_job(int job);\n#define MAX_JOBS 3\n")
    (root / "queue.c").write_text("void push_job(int job)\n{\n\tif (job)\n\t\treturn;\n}\n")
    index.update()
    return index


@pytest.fixture(scope="module")
def reference(index: Index) -> list[Known]:
    return sorted(definitions_of(index.root), key=lambda each: os.fsencode(each.path))


def test_an_outline_has_the_definitions_of_the_file(index: Index, reference: list[Known]) -> None:
    for path in dict.fromkeys(each.path for each in reference):
        expected = [each for each in reference if each.path == path]
        assert [known(hit) for hit in index.outline(path)] == expected
        assert [known(hit) for hit in index.outline(index.root / path)] == expected


def test_depths_and_qualified_names_nest(index: Index, reference: list[Known]) -> None:
    for path in dict.fromkeys(each.path for each in reference):
        around: list[SymbolHit] = []
        for hit in index.outline(path):
            assert hit.depth <= len(around)
            del around[hit.depth :]
            if around:
                assert hit.symbol.startswith(f"{around[-1].symbol}.")
                assert around[-1].start_line <= hit.start_line
                assert hit.end_line <= around[-1].end_line
            assert hit.symbol.endswith(hit.name)
            around.append(hit)


def test_every_definition_is_found_by_its_name(index: Index, reference: list[Known]) -> None:
    by_name: dict[str, set[Known]] = {}
    for each in reference:
        by_name.setdefault(each.name, set()).add(each)
    for name, expected in by_name.items():
        try:
            query = parse_name(name)
        except UsageError:  # nothing to look up: a heading such as `etc.`
            continue
        if query.is_prefix:
            continue
        hits = index.symbols(name, limit=EVERYTHING)
        exact = [hit for hit in hits if hit.match == "exact"]
        assert {known(hit) for hit in exact if hit.name == name} == expected, name
        assert hits[: len(exact)] == exact
        strict = index.symbols(name, limit=EVERYTHING, exact=True)
        assert {known(hit) for hit in strict} >= expected


def test_other_case_and_other_joining_are_found(index: Index, reference: list[Known]) -> None:
    names = {each.name for each in reference if each.name.isidentifier() and each.name.isascii()}
    for name in sorted(names):
        for asked in (name.swapcase(), name.replace("_", "-"), name.replace("_", "").upper()):
            if not asked.strip("-") or asked[-1] == "-":
                continue
            hits = index.symbols(asked, limit=EVERYTHING)
            alike = {each for each in reference if key(each.name) == key(asked)}
            found = {known(hit) for hit in hits}
            assert found <= alike, asked
            assert {each for each in alike if each.name.isidentifier()} <= found, asked
            assert [hit for hit in hits if hit.name == asked] == [
                hit for hit in hits if hit.match == "exact"
            ]


def test_prefixes_find_all_names_that_begin_so(index: Index, reference: list[Known]) -> None:
    prefixes = {each.name[:length] for each in reference for length in (1, 2, 4, 7)}
    for prefix in sorted(each for each in prefixes if each.isidentifier() and each.strip("_")):
        hits = index.symbols(f"{prefix}*", limit=EVERYTHING)
        found = {known(hit) for hit in hits}
        literal = {each for each in reference if each.name.casefold().startswith(prefix.casefold())}
        assert literal <= found, prefix
        assert all(key(each.name).startswith(key(prefix)) for each in found), prefix
        names = [(key(hit.name), clean_name(hit.name)) for hit in hits]
        assert [name for name, _ in names] == sorted(name for name, _ in names)
        kinds = {hit.kind for hit in hits}
        for kind in kinds:
            of_kind = index.symbols(f"{prefix}*", limit=EVERYTHING, kinds=kind)
            assert of_kind == [hit for hit in hits if hit.kind == kind]


GLOBS = ("*e", "*ob*", "j?b*", "*b_*_*", "*Q*e*", "*é*", "s*e", "*b_q*", "?ob", "*xyzzy*", "*o?e*")


@pytest.mark.parametrize("glob", GLOBS)
@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("kinds", [(), ("function",)])
def test_globs_find_all_names_that_match(
    index: Index, reference: list[Known], glob: str, exact: bool, kinds: tuple[str, ...]
) -> None:
    pattern = re.compile(
        "".join({"*": ".*", "?": "."}.get(each, re.escape(each)) for each in glob),
        re.DOTALL | (0 if exact else re.IGNORECASE),
    )
    wanted = {
        each
        for each in reference
        if pattern.fullmatch(each.name) and (not kinds or each.kind in kinds)
    }
    hits = index.symbols(glob, limit=EVERYTHING, exact=exact, kinds=kinds)
    assert {known(hit) for hit in hits} == wanted
    assert all(hit.match == "glob" for hit in hits)
    assert [key(hit.name) for hit in hits] == sorted(key(hit.name) for hit in hits)
    assert index.symbols(glob, limit=3, exact=exact, kinds=kinds) == hits[:3]


@given(
    asked=st.sampled_from([f"{each}*" for each in "abjpqsé"] + [*GLOBS, "*.*b*", "queue.p*"]),
    exact=st.booleans(),
    kinds=st.sampled_from([(), ("function",), ("class", "macro"), ("struct",)]),
    languages=st.sampled_from([(), ("python",), ("c", "go"), ("!c",)]),
    globs=st.sampled_from([(), ("tests/**",), ("!tests/**",), ("*.h", "*.py")]),
    limit=st.sampled_from([1, 4, 30, EVERYTHING]),
)
def test_names_looked_up_one_by_one_and_found_by_filters_give_the_same_hits(
    index: Index,
    asked: str,
    exact: bool,
    kinds: tuple[str, ...],
    languages: tuple[str, ...],
    globs: tuple[str, ...],
    limit: int,
) -> None:
    answers = []
    for looked_up in (0, 3, EVERYTHING):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(symbol_finder, "_LOOKED_UP", looked_up)
            patch.setattr(symbol_finder, "_BLOCKS_PER_NAME", EVERYTHING)
            hits = index.symbols(asked, limit, kinds, languages, globs, exact=exact, fresh="never")
        answers.append(hits)
    assert all(each == answers[-1] for each in answers)
    everything = index.symbols(asked, EVERYTHING, exact=exact, languages=languages, globs=globs)
    expected = [hit for hit in everything if not kinds or hit.kind in kinds]
    assert answers[0] == expected[:limit]


def test_listings_are_in_the_order_of_paths_and_lines(index: Index, reference: list[Known]) -> None:
    assert [known(hit) for hit in index.symbols(limit=EVERYTHING)] == reference
    for kind in sorted({each.kind for each in reference}):
        expected = [each for each in reference if each.kind == kind]
        assert [known(hit) for hit in index.symbols(limit=EVERYTHING, kinds=[kind])] == expected
    some = index.symbols(limit=EVERYTHING, kinds=["class", "struct"], globs=["*.c*", "!tests/**"])
    assert {hit.kind for hit in some} <= {"class", "struct"}
    assert some
    assert all(not hit.path.startswith("tests/") for hit in some)


@pytest.mark.parametrize("asked", ["", "p*", "jobqueue", "job*", "queue"])
def test_a_limit_keeps_the_first(index: Index, asked: str) -> None:
    everything = index.symbols(asked, limit=EVERYTHING)
    assert everything
    for limit in (1, 2, 3, 7, 20):
        assert index.symbols(asked, limit=limit) == everything[:limit]


def test_an_updated_index_answers_like_a_rebuilt_one(index: Index, tmp_path: Path) -> None:
    rebuilt = Index.open(index.root, index_dir=tmp_path)
    rebuilt.update(jobs=1)
    assert len(rebuilt.snapshot().segments) < len(index.snapshot().segments)
    for asked in ("", "push_job", "push*", "JobQueue", "job-queue", "Queue.push", "p*"):
        assert rebuilt.symbols(asked, limit=50) == index.symbols(asked, limit=50), asked


def test_definitions_come_before_declarations_and_programs_before_tests(index: Index) -> None:
    hits = [hit for hit in index.symbols("push_job") if hit.match == "exact"]
    assert [(hit.path, hit.declaration) for hit in hits[:2]] == [
        ("queue.c", False),
        ("queue.h", True),
    ]
    paths = [hit.path for hit in index.symbols("JobQueue", exact=True) if not hit.declaration]
    assert [path.startswith("tests/") for path in paths] == sorted(
        path.startswith("tests/") for path in paths
    )


SHAPES = """\
class Outer:
    class Runtime:
        def block_on(self): ...

class Other:
    def block_on(self): ...

def block_on(): ...
"""


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("shapes")
    root = folder / "tree"
    (root / "pool").mkdir(parents=True)
    (root / "pool" / "shapes.py").write_text(SHAPES)
    (root / "pool" / "server.go").write_text(
        "package pool\n\nfunc (s *Server) Run() {\n\tx := 1\n}\n\nfunc Start() {\n\ty := 2\n}\n"
    )
    (root / "vector.hpp").write_text(
        "struct Vector {\n  int operator==(int x) { return x; }\n  ~Vector() { x = 1; }\n};\n"
    )
    index = Index.open(root, index_dir=folder / "indexes")
    index.update()
    return index


@pytest.mark.parametrize(
    ("asked", "symbols"),
    [
        ("Runtime.block_on", ["Outer.Runtime.block_on"]),
        ("Runtime::block_on", ["Outer.Runtime.block_on"]),
        ("Runtime#block_on", ["Outer.Runtime.block_on"]),
        ("Outer.Runtime.block_on()", ["Outer.Runtime.block_on"]),
        ("runtime->blockOn", ["Outer.Runtime.block_on"]),
        ("Outer.block_on", ["Outer.Runtime.block_on"]),
        ("Other<int>::block_on", ["Other.block_on"]),
        ("shapes.block_on", ["block_on"]),
        ("pool.Start", ["Start"]),
        ("Server.Run", ["Server.Run"]),
        ("pool.Server.Run", ["Server.Run"]),
        ("->Run", ["Server.Run"]),
        ("$this->Run", ["Server.Run"]),
        ("self.Run", ["Server.Run"]),
        ("Vector::operator==", ["Vector.operator=="]),
        ("operator==", ["Vector.operator=="]),
        ("Runtime.block*", ["Outer.Runtime.block_on"]),
        ("Other.bl", ["Other.block_on"]),
        ("Nobody.Start", ["Start"]),
        ("Nobody.start", []),
        ("Star", ["Start"]),
        ("Stxart", ["Start"]),
        ("blxck_on", ["Outer.Runtime.block_on", "Other.block_on", "block_on"]),
        ("Other.blxck_on", ["Other.block_on"]),
        ("Stxyt", []),
    ],
)
def test_qualified_names(shapes: Index, asked: str, symbols: list[str]) -> None:
    assert [hit.symbol for hit in shapes.symbols(asked)] == symbols


def test_a_class_comes_before_a_folder_in_another_case(tmp_path: Path) -> None:
    package = tmp_path / "tree" / "src" / "flask"
    package.mkdir(parents=True)
    method = "class Flask:\n    def make_response(self, rv):\n        return rv\n"
    (package / "app.py").write_text(method)
    (package / "helpers.py").write_text("def make_response(*args):\n    return args\n")
    (tmp_path / "tree" / "make_flask.py").write_text(method.replace("Flask", "flask"))
    index = Index.open(tmp_path / "tree", index_dir=tmp_path / "indexes")
    index.update()

    def paths(asked: str, exact: bool) -> list[str]:
        return [Path(hit.path).name for hit in index.symbols(asked, exact=exact)]

    assert paths("Flask.make_response", exact=True) == ["app.py"]
    assert paths("Fl*k.make_response", exact=True) == ["app.py"]
    assert paths("Flask.make_*", exact=True) == ["app.py"]
    assert paths("helpers.make_response", exact=True) == ["helpers.py"]
    assert paths("HELPERS.make_response", exact=True) == []
    assert paths("Flask.make_response", exact=False) == ["make_flask.py", "app.py"]
    assert paths("flask.make_response", exact=True) == ["make_flask.py", "helpers.py"]
    assert paths("HELPERS.make_response", exact=False) == ["helpers.py"]


def test_kinds_of_matches_are_distinguished(shapes: Index) -> None:
    def matches(asked: str) -> list[str | None]:
        return [hit.match for hit in shapes.symbols(asked)]

    assert matches("Start") == ["exact"]
    assert matches("start") == ["case"]
    assert matches("blockOn") == ["joined"] * 3
    assert matches("Nobody.Start") == ["unqualified"]
    assert matches("Star") == ["prefix"]
    assert matches("Stxart") == ["fuzzy"]
    assert matches("") == [None] * len(matches(""))
    assert shapes.symbols("start", exact=True) == shapes.symbols("Nobody.Start", exact=True) == []


def test_bad_arguments_are_refused(shapes: Index) -> None:
    for arguments, message in (
        ({"name": "Outer."}, "no name in 'Outer.'"),
        ({"name": "Outer.*"}, "no prefix in 'Outer.\\*'"),
        ({"name": "_*"}, "no prefix in '_\\*'"),
        ({"name": "x", "kinds": "klass"}, "unknown kind 'klass': did you mean class"),
        ({"name": "x", "kinds": "zzz"}, "unknown kind 'zzz': known are class"),
        ({"name": "x", "languages": "klingon"}, "unknown language"),
        ({"name": "x", "globs": ["{"]}, "bad glob"),
        ({"name": 3}, "the name must be a string"),
        ({"name": "x", "limit": 0}, "the number of symbols must be"),
        ({"name": "x", "exact": 1}, "exact must be"),
        ({"name": "x", "fresh": "sometimes"}, "fresh must be"),
    ):
        with pytest.raises(UsageError, match=message):
            shapes.symbols(**arguments)


def test_outlines_are_of_files_in_the_index(shapes: Index, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(shapes.root)
    assert shapes.outline(tmp_path / "link" / "pool" / "shapes.py")
    assert shapes.outline("pool/../pool/shapes.py") == shapes.outline("pool/shapes.py")
    for path in ("none.py", "pool", "../shapes.py", "/etc/passwd"):
        with pytest.raises(UsageError, match=r"not (in|a file below)"):
            shapes.outline(path)
    with pytest.raises(NoIndexError):
        Index.open(tmp_path, index_dir=tmp_path / "none").symbols("x")


def test_an_enclosing_index_answers_with_paths_of_the_inner_root(shapes: Index) -> None:
    inner = Index.open(shapes.root / "pool", index_dir=shapes.directory.parent)
    assert not inner.exists()
    assert [hit.path for hit in inner.symbols("Other")] == ["shapes.py"]
    assert [hit.path for hit in inner.outline("server.go")] == ["server.go"] * 2
    assert inner.symbols("Vector") == []


def test_changed_files_are_marked_and_deleted_ones_are_gone(shapes: Index, tmp_path: Path) -> None:
    root = tmp_path / "tree"
    shutil.copytree(shapes.root, root)
    index = Index.open(root, index_dir=tmp_path / "indexes")
    index.update()
    (root / "pool" / "shapes.py").write_text("def block_on(): ...\n")
    assert [hit.stale for hit in index.symbols("block_on", fresh="never")] == [True] * 3
    assert [hit.stale for hit in index.symbols("Start", fresh="never")] == [False]
    (root / "pool" / "shapes.py").unlink()
    index.update()
    assert index.symbols("block_on", fresh="never") == []


@pytest.mark.parametrize("fresh", ["auto", "always"])
def test_a_name_is_found_as_soon_as_it_is_written(
    shapes: Index, tmp_path: Path, fresh: Fresh
) -> None:
    root = tmp_path / "tree"
    shutil.copytree(shapes.root, root)
    index = Index.open(root, index_dir=tmp_path / "indexes")
    index.update()
    (root / "pool" / "new.py").write_text("def added_just_now(): ...\n")
    assert index.symbols("added_just_now", exact=True, fresh="never") == []
    (hit,) = index.symbols("added_just_now", fresh=fresh)
    assert (hit.path, hit.stale) == ("pool/new.py", False)
    (root / "pool" / "new.py").unlink()
    assert index.symbols("added_just_now", exact=True, fresh=fresh) == []


@given(st.text(max_size=30))
def test_any_text_is_a_name_or_refused(text: str) -> None:
    try:
        query = parse_name(text)
    except UsageError as error:
        assert "\n" not in str(error)
        return
    assert query.name
    assert query.match(query.name, [query.name], "a/b.py") is not None
    query.distance(["a", query.name], "a/b.py")


def test_random_names_find_themselves_only(index: Index, reference: list[Known]) -> None:
    names = {each.name for each in reference}
    draw = random.Random(5)
    for _ in range(200):
        asked = "".join(draw.choices("abcdeEQxz_", k=draw.randrange(1, 9)))
        for hit in index.symbols(asked, exact=True):
            assert hit.name == asked
            assert asked in names


@pytest.mark.parametrize(
    ("asked", "name", "is_glob"),
    [
        ("*oo", "*oo", True),
        ("get*Url()", "get*Url", True),
        ("g?t", "g?t", True),
        ("empty?", "empty?", False),
        ("read*", "read", False),
        ("(*Server).Run", "Run", False),
        ("Server.*un", "*un", True),
        ("operator*=", "operator*=", False),
        ("a?.run", "run", False),
        ("/=", "/=", False),
    ],
)
def test_stars_and_question_marks_are_read(asked: str, name: str, is_glob: bool) -> None:
    query = parse_name(asked)
    assert (query.name, query.is_glob) == (name, is_glob)


def test_qualifiers_may_be_globs() -> None:
    for asked in ("*Server.run", "HTTP*.run", "*.run", "H*S*r::run", "(*HTTPServer).run"):
        query = parse_name(asked)
        assert query.match("run", ["HTTPServer", "run"], "a.go") == (EXACT, 0), asked
    for asked in ("*Client.run", "(*Server).run"):
        query = parse_name(asked)
        assert query.match("run", ["HTTPServer", "run"], "a.go") == (UNQUALIFIED, 2), asked


@given(st.text("ab*?", max_size=8), st.text("abA_é", max_size=8))
def test_a_glob_matches_what_a_pattern_matches(glob: str, name: str) -> None:
    pattern = "".join({"*": ".*", "?": "."}.get(each, each) for each in glob)
    for exact in (False, True):
        wanted = re.fullmatch(pattern, name, 0 if exact else re.IGNORECASE) is not None
        assert matches(glob, name, exact) == wanted


@given(st.text("ab*?", min_size=1, max_size=6), st.lists(st.text("abA_é", max_size=6)))
def test_the_names_in_a_text_are_found_by_place(glob: str, names: list[str]) -> None:
    text = "".join(f"{name}\n" for name in names).encode()
    wanted = [place for place, name in enumerate(names) if matches(glob, name)]
    assert list(places(glob, text)) == wanted


def test_a_hostile_glob_takes_linear_time() -> None:
    began = time.perf_counter()
    assert not matches("*a" * 100 + "*b", "a" * 250)
    assert time.perf_counter() - began < 1.0


def test_a_name_with_separators_is_found_as_a_whole() -> None:
    query = parse_name("server.port")
    assert query == NameQuery("server.port", "port", (b"server",), False, written=(b"server",))
    assert query.match("server.port", ["server.port"], "a.yml") == (EXACT, 0)
    assert query.match("port", ["server", "port"], "a.yml") == (EXACT, 0)
    assert query.match("port", ["port"], "a.yml") == (UNQUALIFIED, 2)
