"""A query that is a definition's name finds definitions first, the most similar names first."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from codelode import Index
from codelode.search.named import NameAsked, likeness_of_names, name_asked
from codelode.search.near_names import misspelled
from codelode.segment.name_keys import clean_name, name_key
from tests.segments import shard_of

USE = "from a import {name}\n\nfor attempt in range(9):\n    {name}({name}, {name})\n" * 3
BLOCK = "compute_checksum_of_block"
TREE = {
    "src/client.py": "class HttpClient:\n    def send_request(self):\n        return 1\n\n"
    "    def close(self):\n        return 2\n",
    "src/server.py": "class HttpServer:\n    def send_request(self):\n        return 3\n",
    "src/queue.h": "int queue_push(struct queue *q);\n",
    "src/queue.c": "int queue_push(struct queue *q)\n{\n\treturn q->length + 1;\n}\n",
    "src/camel.js": "function parseHeaderLine(line) {\n  return line;\n}\n",
    "src/snake.py": "def parse_header_line(line):\n    return line\n",
    "src/upper.py": "PARSE_HEADER_LINE = 3\n",
    "src/compute.py": "def compute_checksum_of_block(block):\n    return 0\n",
    "tests/test_compute.py": "def compute_checksum():\n    return 1\n",
    "lib/views.py": "class Page:\n    def render_page(self, name):\n        return name\n",
    "tests/render_page.py": "class Mock:\n    def render_page(self, render_page):\n"
    + "        return render_page(render_page)\n" * 9,
    "lib/question.rb": "module Question\n  def ready?\n    true\n  end\nend\n",
    "src/point.hpp": "struct Point {\n  bool operator==(const Point &other) const {\n"
    "    return x == other.x;\n  }\n  bool operator!=(const Point &other) const {\n"
    "    return !(*this == other);\n  }\n  int x;\n};\n",
    "docs/point.md": "# operator==\n\nUse operator==, or Point::operator!=; operator==.\n" * 4,
    "src/ledger.py": "class Ledger:\n    class Page:\n        def settle(self):\n"
    "            return self.lines\n\n    def settle(self):\n        return 3\n",
    "src/crate.py": "class Ballot:\n    class Box:\n        def ballot_tally(self):\n"
    "            return self.tally\n",
    "src/box.py": "class Ballot:\n    def ballot_tally(self):\n        return 3\n",
    "docs/keys.md": "Set `queue.config.close` to close the queue.\n",
    "docs/use.md": USE.format(name="send_request"),
    "src/use.py": USE.format(name="parse_header_line") + USE.format(name="queue_push"),
    "Sources/Encodable.swift": "protocol PageEncodable {\n    func encode() -> Page\n}\n",
    "Sources/PageEncodable.swift": "extension PageEncodable {\n    func encodePage() -> Page {\n"
    "        return PageEncodable.page(PageEncodable.self)\n    }\n}\n",
    "lib/retry_after_timeout.rb": "class RetryAfterTimeout\n  def retry_after\n    timeout\n"
    "  end\nend\n",
    "src/meta/data.js": "class Metadata {\n  other() {\n    return 1;\n  }\n\n"
    "  retryAfterTimeout() {\n    return 2;\n  }\n}\n",
    "src/other.py": USE.format(name="compute_checksum_of_block"),
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder: Path = tmp_path_factory.mktemp("names")
    for name, text in TREE.items():
        path = folder / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    index = Index.open(folder / "tree", index_dir=folder / "index")
    index.update()
    return index


@pytest.mark.parametrize(
    ("query", "path", "symbol"),
    [
        ("parse_header_line", "src/snake.py", "parse_header_line"),
        ("parseHeaderLine", "src/camel.js", "parseHeaderLine"),
        ("operator==", "src/point.hpp", "Point.operator=="),
        ("Point::operator!=", "src/point.hpp", "Point.operator!="),
        ("ParseHeaderLine", "src/camel.js", "parseHeaderLine"),
        ("PARSE_HEADER_LINE", "src/upper.py", "PARSE_HEADER_LINE"),
        ("queue_push", "src/queue.c", "queue_push"),
        ("render_page", "lib/views.py", "Page.render_page"),
        ("queuePush", "src/queue.c", "queue_push"),
        ("HttpClient.send_request", "src/client.py", "HttpClient.send_request"),
        ("HttpServer::send_request()", "src/server.py", "HttpServer.send_request"),
        ("HttpServer#sendRequest", "src/server.py", "HttpServer.send_request"),
        ("server.send_request", "src/server.py", "HttpServer.send_request"),
        ("Ledger.settle", "src/ledger.py", "Ledger.settle"),
        ("Page.settle", "src/ledger.py", "Ledger.Page.settle"),
        ("Ballot.ballot_tally", "src/box.py", "Ballot.ballot_tally"),
        ("$this->close", "src/client.py", "HttpClient.close"),
        ("compute_checksum", "tests/test_compute.py", "compute_checksum"),
        ("compute_checksum_of", "src/compute.py", "compute_checksum_of_block"),
        (BLOCK.replace("ks", "sk"), "src/compute.py", "compute_checksum_of_block"),
        (
            BLOCK.replace("ks", "s").replace("lo", "ol"),
            "src/compute.py",
            "compute_checksum_of_block",
        ),
        ("PageEncodable", "Sources/Encodable.swift", "PageEncodable"),
        ("retryAfterTimeout", "src/meta/data.js", "Metadata.retryAfterTimeout"),
        ("RetryAfterTimeout", "lib/retry_after_timeout.rb", "RetryAfterTimeout"),
        ("Question.ready?", "lib/question.rb", "Question.ready?"),
        ("readdy?", "lib/question.rb", "Question.ready?"),
    ],
)
def test_the_definition_comes_first(index: Index, query: str, path: str, symbol: str) -> None:
    first = index.search(query)[0]
    assert (first.path, first.symbol) == (path, symbol)
    name = symbol.rpartition(".")[2]
    line = (index.root / path).read_text().splitlines()[first.line - 1]
    assert name in line


def test_all_sorts_come_in_order(index: Index) -> None:
    paths = [hit.path for hit in index.search("parse_header_line")]
    assert paths[:3] == ["src/snake.py", "src/upper.py", "src/camel.js"]
    assert paths.index("src/use.py") == 3


def test_text_with_dots_is_found_where_it_is_written(index: Index) -> None:
    """The docs have this text. The code defines a `close`, but not in a `queue.config`."""
    hits = index.search("queue.config.close")
    assert hits[0].path == "docs/keys.md"
    assert index.search("queue.other.close")[0].symbol == "HttpClient.close"


def test_names_with_errors_are_not_looked_for_if_the_word_is_known(index: Index) -> None:
    """The tree has the word `attempt`, so it is not taken for a typing error."""
    hits = index.search("attempt")
    assert all("attempt" in hit.text for hit in hits[:2])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name", NameAsked("name", ())),
        ("Class.method", NameAsked("method", ("Class",))),
        ("a::b::c()", NameAsked("c", ("a", "b"))),
        ("Map<K>::insert", NameAsked("insert", ("Map",))),
        ("$this->run", NameAsked("run", ())),
        ("self.run(a, b)", NameAsked("run", (), has_arguments=True)),
        ("a.b.Client#send(Request)", NameAsked("send", ("a", "b", "Client"))),
        ("->next", NameAsked("next", ())),
        ("fetch/2", NameAsked("fetch", ())),
        ("save!", NameAsked("save!", ())),
        ("Point::~Point", NameAsked("~Point", ("Point",))),
        ("operator==", NameAsked("operator==", ())),
        ("a::B<T>::operator <=>", NameAsked("operator<=>", ("a", "B"))),
        ("B::operator()(int x)", NameAsked("operator()", ("B",), has_arguments=True)),
        ("operator->", NameAsked("operator->", ())),
        ("operator", NameAsked("operator", ())),
        ("operator.", None),
        ("two words", None),
        ("src/main.c", None),
        ("a-b", None),
        ("==", None),
        ("", None),
        ("x" * 600, None),
    ],
)
def test_which_queries_are_names(text: str, expected: NameAsked | None) -> None:
    assert name_asked(text) == expected


@given(st.text(max_size=40))
def test_any_text_is_a_name_or_none(text: str) -> None:
    asked = name_asked(text)
    assert asked is None or asked.name


def test_likeness_falls_with_the_difference() -> None:
    names = ("get_url", "GET_URL", "getUrl", "geturl")
    order = [likeness_of_names("get_url", name) for name in names]
    assert order == sorted(set(order), reverse=True)
    assert likeness_of_names("_url_of", "UrlOf") < likeness_of_names("_url_of", "_UrlOf")
    assert likeness_of_names("operator", "operator==") == 0.0


names = st.text("abcé_", min_size=1, max_size=9).filter(lambda name: name.strip("_") != "")


@settings(max_examples=25, deadline=None)
@given(st.sets(names, min_size=1, max_size=12), names)
def test_names_in_pieces_are_found(known: set[str], asked: str) -> None:
    """The scan for pieces finds all names one error away; a prefix finds all that begin with it."""
    text = "".join(f"def {name}():\n    pass\n\n\n" for name in sorted(known))
    segment = shard_of({"a.py": text.encode()}, set(), 1).segment(0)
    table = segment.definitions.name_table
    defined = [name.decode() for block in table.blocks() for name in block.names]
    if len(asked) >= 3:
        found = dict(misspelled(segment.definitions, asked, 1))
        near = {name for name in defined if OSA.distance(asked.casefold(), name.casefold()) == 1}
        assert {table.name(number).decode() for number in found} == near
    key = name_key(clean_name(asked))
    longer = [table.name(number) for number in table.having_prefix(key)]
    assert sorted(longer) == sorted(
        name.encode() for name in defined if name_key(name.encode()).startswith(key)
    )
