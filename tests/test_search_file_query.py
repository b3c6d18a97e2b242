"""Queries that are the path of a file, a line in it, an operator, or nothing at all."""

from __future__ import annotations

import pytest

from codelode import Index
from codelode.errors import UsageError
from codelode.search.file_query import files_in
from codelode.search.parsed_query import parse_query
from codelode.search.request import Mode

LONG = "".join(f"def permitted_{i}(params)\n  params[:{i}]\nend\n\n" for i in range(200))
MENTIONS = "Dockerfile Dockerfile, config/settings.yml settings.yml and src/flask/ctx.py ctx.py\n"
TREE = {
    "Dockerfile": "FROM scratch\nCOPY . /srv\n",
    "deploy/Dockerfile": "FROM scratch\n",
    "config/settings.yml": "retries: 3\n",
    "other/settings.yml": "retries: 4\n",
    "src/flask/ctx.py": "class AppContext:\n    pass\n",
    "src/flask/app.py": f"# {MENTIONS}" * 5 + "class Flask:\n    def ctx(self): ...\n",
    "lib/strong_parameters.rb": LONG,
    "docs/guide.md": MENTIONS * 5,
    "test/strong_parameters_test.rb": "# strong_parameters.rb:512 strong_parameters.rb\n" * 9,
    "docs/README.ja.md": "# 説明\n",
    "src/файл.py": "x = 1\n",
    "bin/search": "#!/bin/sh\nexec find\n",
    "src/point.rb": "class Point\n  def <=>(other)\n    0\n  end\n"
    "  def +(other)\n    1\n  end\nend\n",
    "src/point.cpp": "struct P {\n  bool operator==(const P& o) const { return true; }\n"
    "  P& operator <<(int i) { return *this; }\n};\n",
    "src/monad.hs": "module M where\n\n(>>=) :: m a -> (a -> m b) -> m b\nm >>= f = bind m f\n",
    "src/search.py": "def search():\n    return [a == b, a >>= b]  # ==\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("files")
    for name, text in TREE.items():
        path = folder / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    index = Index.open(folder / "tree", index_dir=folder / "index")
    index.update()
    return index


MODES: tuple[Mode, ...] = ("hybrid", "lexical")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("settings.yml", "config/settings.yml"),
        ("config/settings.yml", "config/settings.yml"),
        ("other/settings.yml", "other/settings.yml"),
        ("./other/settings.yml", "other/settings.yml"),
        ("/home/me/project/other/settings.yml", "other/settings.yml"),
        ("Dockerfile", "Dockerfile"),
        ("deploy/Dockerfile", "deploy/Dockerfile"),
        ("src/flask/ctx.py", "src/flask/ctx.py"),
        ("flask/ctx.py", "src/flask/ctx.py"),
        (r"src\flask\ctx.py", "src/flask/ctx.py"),
        ("CTX.py", "src/flask/ctx.py"),
        ("`ctx.py`", "src/flask/ctx.py"),
        ("strong_parameters.rb", "lib/strong_parameters.rb"),
        ("strong_parameters.rb:512", "lib/strong_parameters.rb"),
        ("lib/strong_parameters.rb:512:7", "lib/strong_parameters.rb"),
        ("файл.py", "src/файл.py"),
        ("readme.ja.md", "docs/README.ja.md"),
        ("search", "src/search.py"),
        ("<=>", "src/point.rb"),
        ("Point#<=>", "src/point.rb"),
        ("+", "src/point.rb"),
        ("operator==", "src/point.cpp"),
        ("operator ==", "src/point.cpp"),
        ("P::operator==", "src/point.cpp"),
        ("operator<<", "src/point.cpp"),
        (">>=", "src/monad.hs"),
        ("(>>=)", "src/monad.hs"),
    ],
)
def test_what_is_asked_for_comes_first(index: Index, query: str, path: str, mode: Mode) -> None:
    found = [hit.path for hit in index.search(query, mode=mode)]
    expected = {path, "Dockerfile", "deploy/Dockerfile"} if query == "Dockerfile" else {path}
    if query == "settings.yml":
        expected.add("other/settings.yml")
    assert found[0] in expected


@pytest.mark.parametrize("line", [1, 2, 512, 799])
def test_the_line_asked_for_comes_first(index: Index, line: int) -> None:
    hit = index.search(f"strong_parameters.rb:{line}")[0]
    assert hit.path == "lib/strong_parameters.rb"
    assert hit.line == line
    assert hit.start_line <= line <= hit.end_line


def test_a_line_beyond_the_end_finds_the_file(index: Index) -> None:
    assert index.search("strong_parameters.rb:99999")[0].path == "lib/strong_parameters.rb"


def test_a_file_in_a_question_counts_without_deciding_all(index: Index) -> None:
    hits = index.search("where is AppContext in src/flask/ctx.py", explain=True)
    assert hits[0].path == "src/flask/ctx.py"
    assert hits[0].features
    assert hits[0].features["file"] == pytest.approx(0.3)


def test_filters_apply_to_files_too(index: Index) -> None:
    found = {hit.path for hit in index.search("settings.yml", globs=["other/**"])}
    assert found == {"other/settings.yml"}


@pytest.mark.parametrize("query", ["=>", "🚀", "…", "—", "⟶", "=> =>", ":=:", "❤️"])
def test_a_query_with_nothing_to_look_for_is_reported(index: Index, query: str) -> None:
    with pytest.raises(UsageError, match="nothing to look for in"):
        index.search(query)


@pytest.mark.parametrize("query", ["", "  ", "\n"])
def test_an_empty_query_is_reported(index: Index, query: str) -> None:
    with pytest.raises(UsageError, match="the query is empty"):
        index.search(query)


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("Dockerfile", [("Dockerfile", 0, 1.0)]),
        ("search", [("search", 0, 0.3)]),
        ("bin/search", [("bin/search", 0, 1.0)]),
        ("a.py:12", [("a.py", 12, 1.0)]),
        ("a.py:12:", [("a.py", 12, 1.0)]),
        ("see src/a.py:12 and b.TXT.", [("src/a.py", 12, 0.3), ("b.txt", 0, 0.3)]),
        ('File "src/a.py", line 12', [("src/a.py", 0, 0.3)]),
        ("how are retries made", []),
        ("what? e.g. this", [("e.g", 0, 0.3)]),  # no file is called that
        ("", []),
        ("https://x.org/a/b.py", [("x.org/a/b.py", 0, 0.3)]),
        ("..", []),
    ],
)
def test_mentions(text: str, mentions: list[tuple[str, int, float]]) -> None:
    found = [(mention.path, mention.line, mention.weight) for mention in files_in(text)]
    assert found == mentions


@pytest.mark.parametrize(
    ("text", "names", "is_symbol"),
    [
        ("getUser", ["getUser"], True),
        ("проверить_остаток", ["проверить_остаток"], True),
        ("订单服务", ["订单服务"], True),
        ("ändern", ["ändern"], True),
        ("मूल्य", ["मूल्य"], True),
        ("Класс.метод", ["Класс", "метод"], True),
        ("где «проверить_остаток»?", ["проверить_остаток"], False),
        ("wo ist ÄndernMöglich definiert", ["ÄndernMöglich"], False),
        ("Foo::~Foo()", ["Foo"], True),
        ("valid?", ["valid?"], True),
        ("a question", [], False),
        ("$el.show", ["$el", "show"], True),
        ("9lives", [], False),
    ],
)
def test_names_in_any_script(text: str, names: list[str], is_symbol: bool) -> None:
    query = parse_query(text)
    assert query.is_symbol == is_symbol
    assert [
        name for name in query.names if name.isidentifier() or name[-1] in "?!" or "$" in name
    ] == names
