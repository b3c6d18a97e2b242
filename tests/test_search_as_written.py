"""Text from the tree that is pasted as a query is found first, at its place in the tree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode import Hit, Index
from codelode.search.as_written import pasted, place_of, written_at
from tests.commandline import write_tree

CALLS = "".join(f"    send_block(block, {n})\n" for n in range(40))
FILES: dict[str, str | bytes] = {
    "lua/filter.lua": "-- A filter in Lua.\nfunction lua_filter(filter)\n  return filter\nend\n",
    "src/options.py": 'FLAGS = [\n    "--to",\n    "--lua-filter",  # after parsing\n]\n',
    "src/url.py": "class Datasource:\n    url = 'spring'\n\n    def spring(self):\n        pass\n",
    "conf/app.properties": "spring.datasource.url=jdbc:h2:mem\nspring.datasource.name=test\n",
    "src/block.py": f"def send_block(block, number):\n    return block\n\n\ndef all():\n{CALLS}",
    "src/closed.py": "def close(self):\n    # The channel was closed.\n    return self.channel\n",
    "src/channel.py": "def channel_was_closed(channel):\n    channel = closed(channel)\n"
    "    return channel.closed.was\n\n\ndef send():\n    raise Closed('The channel was closed!')\n",
    "src/words.py": "def retry_policy():\n    policy = retry\n    return 'retry policy'\n",
    "src/numbers.py": "SHORT = 15_000\n",
    "src/ports.py": "PORT = 15000\n",
    "src/headers.py": "def headers(request):\n    # X-Forwarded-Proto, X-Forwarded-Proto\n"
    "    return request.x_forwarded_proto\n",
    "src/caddy.py": "def parse():\n    return get('x-forwarded-proto')\n" + "other = 1\n" * 9,
    "src/path_url.py": "def path_of_url(url):\n    return url.path.from_path\n",
    "web/reload.js": "var a, b, c;\n" * 40 + "pathFromUrl = window.load;\n" + "b();\n" * 40,
    "pipe/pipe_init.c": "int pipe_init(int loop, int *pipe)\n{\n\treturn loop + pipe;\n}\n",
    "docs/use/pipe/main.c": "int main(void)\n{\n\tpipe_init(loop, &pipe);\n\treturn loop;\n}\n",
    "src/body.go": "package body\n\n" + "// long\n" * 60 + 'var Text = "The body of the reply"\n',
    **{
        f"src/reply{n}.py": f"def reply_body(body):\n    return reply, body, {n}\n"
        for n in range(60)
    },
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder: Path = tmp_path_factory.mktemp("written")
    index = Index.open(write_tree(folder / "tree", FILES), index_dir=folder / "index")
    index.update()
    return index


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("--lua-filter", "src/options.py"),
        ("spring.datasource.url", "conf/app.properties"),
        ("send_block(block, 17)", "src/block.py"),
        ("The channel was closed!", "src/channel.py"),
        ("the channel was closed!", "src/channel.py"),
        ("return channel.closed.was", "src/channel.py"),
        ("15000", "src/ports.py"),
        ("'retry policy'", "src/words.py"),
        ("x-forwarded-proto", "src/caddy.py"),
        ("pathFromUrl", "web/reload.js"),
        ("pipe_init(loop, &pipe);", "docs/use/pipe/main.c"),
        ("The body of the reply", "src/body.go"),
    ],
)
def test_text_of_the_tree_is_found_first_on_its_line(index: Index, query: str, path: str) -> None:
    hit: Hit = index.search(query)[0]
    line = (index.root / path).read_text().splitlines()[hit.line - 1]
    assert (hit.path, query.lower() in line.lower()) == (path, True)
    assert hit.start_line <= hit.line <= hit.end_line


def test_a_name_without_arguments_is_not_text(index: Index) -> None:
    assert index.search("send_block()")[0].symbol == "send_block"
    assert index.search("send_block")[0].symbol == "send_block"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" --lua-filter ", "--lua-filter"),
        ("a.b.c", "a.b.c"),
        ("15000", "15000"),
        ("the channel was closed", "the channel was closed"),
        ("retry policy", ""),
        ("save!", ""),
        ("name", ""),
        ("a line\nand another", ""),
        ("x" * 600 + "!!", ""),
        ("", ""),
    ],
)
def test_which_queries_are_like_pasted_text(text: str, expected: str) -> None:
    assert pasted(text) == expected


pieces = st.text("ab_-. ", min_size=1, max_size=5)


@given(pieces, st.text("abAB_-. ", max_size=30))
def test_the_place_is_that_of_whole_words(query: str, text: str) -> None:
    begin = r"(?<!\w)" if re.match(r"\w", query) else ""
    end = r"(?!\w)" if re.search(r"\w\Z", query) else ""
    match = re.search(begin + re.escape(query) + end, text)
    assert place_of(query.encode(), text.encode()) == (match.start() if match else -1)
    if match is None:
        match = re.search(begin + re.escape(query.lower()) + end, text.lower())
    assert written_at(query, text.encode()) == (match.start() if match else -1)
