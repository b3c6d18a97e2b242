"""Bug reports, traces, the output of tools and pasted code as queries."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode import Index
from codelode.errors import UsageError
from codelode.search.file_query import FileMention
from codelode.search.frames import frames_in
from codelode.search.parsed_query import MAX_REPORT_TERMS, is_report, parse_query
from codelode.search.pointers import linked_path, pointers_in
from codelode.search.report import CANDIDATE_TERMS, read_report
from tests.commandline import write_tree


@pytest.mark.parametrize(
    ("line", "frame"),
    [
        ('  File "/srv/flask/app.py", line 12, in run', ("/srv/flask/app.py", 12, "run")),
        (
            "\tat org.apache.commons.lang3.StringUtils.join(StringUtils.java:41)",
            ("org/apache/commons/lang3/StringUtils.java", 41, "join"),
        ),
        (
            "\tat app//io.ktor.WebSockets$Plugin.install(WebSockets.kt:239) ~[ktor.jar:?]",
            ("io/ktor/WebSockets.kt", 239, "install"),
        ),
        (
            r"   at Dapper.SqlMapper.Query[T](IDbConnection cnn) in C:\src\SqlMapper.cs:line 75",
            (r"C:\src\SqlMapper.cs", 75, "Query"),
        ),
        ("#0 /w/C.php(123): Guzzle\\Client->request('GET')", ("/w/C.php", 123, "request")),
        ("  thrown in /var/www/Client.php on line 14", ("/var/www/Client.php", 14, "")),
        ("    at Router.handle (/srv/rt/index.js:28:7)", ("/srv/rt/index.js", 28, "handle")),
        ("    at async run (file:///srv/x.mjs:4:7)", ("/srv/x.mjs", 4, "run")),
        ("    at /srv/lib/utils.js:4:7", ("/srv/lib/utils.js", 4, "")),
        ("\t/go/cobra@v1.7.0/command.go:944 +0x84", ("/go/cobra@v1.7.0/command.go", 944, "")),
        ("             at ./src/main.rs:4:5", ("./src/main.rs", 4, "")),
        ("  --> src/de/mod.rs:9:12", ("src/de/mod.rs", 9, "")),
        ("#1  0x55 in zaddCommand (c=0x7f) at t_zset.c:28", ("t_zset.c", 28, "zaddCommand")),
        ("    #0 0x55 in absl::Foo::bar(std::string) /x/foo.cc:41:9", ("/x/foo.cc", 41, "bar")),
        ("/gems/rack/lint.rb:65:in `check_hijack'", ("/gems/rack/lint.rb", 65, "check_hijack")),
        ("lib/x.rb:4:in 'Rack::Lint#call'", ("lib/x.rb", 4, "call")),
        ("    (ecto 3.1) lib/ecto/query.ex:12: Ecto.Query.all/3", ("lib/ecto/query.ex", 12, "all")),
        ("  error, called at src/Data/Aeson.hs:12:5 in aeson", ("src/Data/Aeson.hs", 12, "error")),
        ("        lua/lazy/x.lua:3: in function 'reload'", ("lua/lazy/x.lua", 3, "reload")),
        ("src/foo.ts(12,5): error TS2345: x", ("src/foo.ts", 12, "")),
        ("[ERROR] /x/Foo.java:[12,25] incompatible types", ("/x/Foo.java", 12, "")),
        ("redis.c:12:5: warning: unused", ("redis.c", 12, "")),
        ("Fatal error: file MyApp/Foo.swift, line 12", ("MyApp/Foo.swift", 12, "")),
        ("tests/test_a.py:37: AttributeError", ("tests/test_a.py", 37, "")),
    ],
)  # fmt: skip
def test_frames_of_every_language(line: str, frame: tuple[str, int, str]) -> None:
    found = frames_in(f"It fails\n{line}\nsince yesterday")
    assert [(each.path, each.line, each.function) for each in found.frames] == [frame]
    assert found.lines == {1}


@pytest.mark.parametrize(
    "line", ["at 10.0.0.1:8080", "12:30:11 started", "version 3.11.2", "a: 1", "x" * 5000 + ".py:1"]
)
def test_what_is_no_frame(line: str) -> None:
    assert frames_in(line).frames == ()


PYTHON = """Cannot save twice

Traceback (most recent call last):
  File "/srv/shop/views.py", line 8, in checkout
    cart.save()
  File "/usr/lib/site-packages/store/cart.py", line 3, in save
    raise ClosedError("the cart is closed")
store.errors.ClosedError: the cart is closed
"""


def test_the_frame_of_the_error_is_first() -> None:
    assert [frame.function for frame in frames_in(PYTHON).frames] == ["save", "checkout"]
    java = "X: y\n\tat a.B.c(B.java:1)\n\tat d.E.f(E.java:2)\nCaused by: z"
    assert [frame.function for frame in frames_in(java).frames] == ["c", "f"]


def test_title_and_message_are_distinguished_from_the_rest() -> None:
    report = read_report(f"{PYTHON}\n## Environment\npip 23.3.1\nwheel 0.42.0\n- [x] searched\n")
    assert report.telling.splitlines() == [
        "Cannot save twice",
        "store.errors.ClosedError: the cart is closed",
    ]
    salience = report.salience
    assert salience["twice"] >= salience["closed"] > salience["checkout"] > 0
    assert not {"pip", "wheel", "environment", "searched", "traceback"} & salience.keys()


def test_what_a_report_is() -> None:
    assert is_report("two\nlines")
    assert is_report(" ".join(["word"] * 50))
    assert not is_report("\n where are retries scheduled \n")
    assert not is_report("x" * 5000)


def test_pasted_code_has_no_title() -> None:
    code = "def save(self):\n    if self.closed:\n        raise Closed(self)\n    self.store()\n"
    query = parse_query(code)
    assert query.text == code
    assert set(query.weights) == {1.0}


TREE: dict[str, str | bytes] = {
    "src/store/cart.py": "class Cart:\n    def save(self):\n        raise ClosedError('cart')\n",
    "src/store/views.py": "def checkout(cart):\n    cart.save()\n" * 20,
    "src/other/cart.py": "class Cart:\n    def load(self):\n        pass\n",
    "docs/cart.md": "# Carts\n\nCannot save twice: the cart is closed. Traceback and cart.py.\n"
    * 5,
    "src/pool.c": "\n" * 80 + "int pool_take(struct pool *p)\n{\n\treturn p->next;\n}\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("reports")
    index = Index.open(write_tree(folder / "tree", TREE), folder / "index")
    index.update(jobs=1)
    return index


def test_a_trace_finds_where_the_error_was_raised(index: Index) -> None:
    hits = index.search(PYTHON)
    assert [hit.path for hit in hits[:2]] == ["src/store/cart.py", "src/store/views.py"]
    assert (hits[0].line, hits[0].symbol) == (3, "Cart.save")


def test_a_frame_lands_on_its_line(index: Index) -> None:
    hit = index.search("make fails\n\n/build/pool.c:83:9: error: 'struct pool' has no member\n")[0]
    assert (hit.path, hit.line, hit.symbol) == ("src/pool.c", 83, "pool_take")


def test_frames_of_files_that_do_not_exist_do_not_count() -> None:
    query = parse_query(PYTHON)
    counts = {f"f:{name}": n for name, n in (("cart.py", 0), ("views.py", 2))}
    found = np.array([counts.get(term, 1) for term in query.counted])
    focused, kept = query.focused(found, 100)
    assert [mention.name for mention in focused.files if mention.is_frame] == ["views.py"]
    assert focused.files[0].weight == query.files[0].weight
    assert len(kept) == len(focused.terms) == len(focused.weights) <= MAX_REPORT_TERMS


DIFF = """diff --git a/src/pool.c b/src/pool.c
--- a/src/pool.c
+++ b/src/pool.c
@@ -80,7 +80,7 @@ int pool_take(struct pool *p)
-\treturn p->next;
"""


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("see https://github.com/o/r/blob/0a1b2c/src/pool.c#L83.", ("src/pool.c", 83)),
        ("(https://github.com/o/r/blob/main/src/pool.c)", ("src/pool.c", 0)),
        ("https://gitlab.com/g/sub/r/-/blob/v1.2/lib/a.rb#L7-9", ("lib/a.rb", 7)),
        ("https://codeberg.org/o/r/src/branch/main/a/b.go#L4", ("a/b.go", 4)),
        ("https://bitbucket.org/o/r/src/0a1b2c/a/b.py#lines-12", ("a/b.py", 12)),
        (DIFF, ("src/pool.c", 83)),
    ],
)
def test_links_and_diffs_point_at_places(text: str, place: tuple[str, int]) -> None:
    (found,) = pointers_in(f"It fails\n{text}\nsince yesterday")
    assert (found.path, found.line) == place
    assert found.function == ("pool_take" if text == DIFF else "")


@pytest.mark.parametrize(
    "text", ["https://example.org/blob", "+++ b/x.c", "@@ -1,2 +3,4 @@ f()", "https://a.b/issues/7"]
)
def test_what_points_at_no_place(text: str) -> None:
    assert pointers_in(text) == ()
    assert linked_path(text) == ""


def test_a_link_to_a_file_finds_the_file_first(index: Index) -> None:
    link = "https://github.com/o/store/blob/0a1b2c/src/other/cart.py#L2"
    hit = index.search(f"Loading is slow\n\nThe culprit is {link}, I think.")[0]
    assert (hit.path, hit.line) == ("src/other/cart.py", 2)
    assert index.search(f"Take fails\n\n```\n{DIFF}```\n")[0].path == "src/pool.c"


def test_a_name_of_many_files_says_less() -> None:
    query = parse_query("It fails\n\n/build/x.c:3:1: error: a\n/build/__init__.py:7: error: b\n")
    counts = {"f:x.c": 1, "f:__init__.py": 25}
    focused, _ = query.focused(np.array([counts.get(term, 1) for term in query.counted]), 100)
    assert [mention.match(b"src/x.c") for mention in focused.files] == [0.25, 0.0]
    assert [mention.match(b"a/__init__.py") for mention in focused.files] == [0.0, 0.05]


@pytest.mark.parametrize(
    ("frame", "path", "match"),
    [
        ("venv/site-packages/flask/app.py", b"src/flask/app.py", 0.7),
        ("gems/rails-7.1/lib/rails/x.rb", b"railties/lib/rails/x.rb", 0.8),
        ("home/ci/flask/app.py", b"other/app.py", 0.25),
        ("srv/src/flask/app.py", b"src/flask/app.py", 0.8),
        ("app.py", b"src/flask/app.py", 1.0),
        ("flask/ctx.py", b"src/flask/app.py", 0.0),
    ],
)
def test_installed_files_match_by_their_ends(frame: str, path: bytes, match: float) -> None:
    assert FileMention(frame, 1, 1.0, is_frame=True).match(path) == pytest.approx(match, abs=0.051)
    assert FileMention(frame, 1, 1.0).match(path) in (0.0, pytest.approx(match, abs=0.051))


def test_the_rarest_terms_are_kept() -> None:
    words = "\n".join(f"common{i}x rare{i}x" for i in range(80))
    query = parse_query(f"Title\n\n{words}")
    counts = np.array([900 if "common" in term else 1 for term in query.counted])
    focused, _ = query.focused(counts, 1000)
    assert len(query.terms) <= CANDIDATE_TERMS
    assert len(focused.terms) == MAX_REPORT_TERMS
    assert "title" in focused.terms
    # The part "common" is in every line of `words`, and thus salient enough to be kept.
    assert [term for term in focused.terms if "common" in term] == ["common"]


def test_a_report_that_says_nothing_is_refused(index: Index) -> None:
    for text in ("...\n---", "🚀\n🚀", "```\n```"):
        with pytest.raises(UsageError, match="nothing to look for"):
            index.search(text)


lines = st.one_of(
    st.text(max_size=40),
    st.sampled_from(PYTHON.splitlines()),
    st.sampled_from(["```", "# Title", "    code()", "at x (a.js:1:2)", "- [ ] no", "E   x: y"]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(lines, min_size=2, max_size=12).map("\n".join))
def test_any_text_can_be_a_report(index: Index, text: str) -> None:
    try:
        index.search(text, fresh="never")
    except UsageError as error:
        assert str(error).startswith(("nothing to look for", "the query is empty"))
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    "line",
    [
        "word another",
        "a.b" * 300 + ":1",
        " " * 1900 + "1",
        "at a(" + ") in " * 180 + "1",
        "E " * 480 + "1",
        "#1 x in f" + " a.b" * 240,
        "Error" * 300 + ": 1",
        "- " * 900 + "1",
    ],
)
def test_reading_takes_linear_time(line: str) -> None:
    began = time.process_time()
    parse_query("Title\n\n" + "".join(f"{line} {i}\n" for i in range(5_000_000 // len(line))))
    parse_query("a" * 5_000_000 + " b")
    assert time.process_time() - began < 10
