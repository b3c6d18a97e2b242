"""The place of a hit: its line, its definition, and the lines that are shown."""

from __future__ import annotations

import pytest

from codelode import Hit, Index, Mode

QUEUE = '''\
"""Queues of jobs."""

LIMIT = 10


class Queue:
    def size(self):
        return len(self.jobs)

    def schedule_retry(self, delay):
        """Put a job back."""
        self.jobs.append(delay)

    def drain(self):
        raise RuntimeError("the queue was closed before it was empty")


def size():
    return LIMIT
'''


GO = """\
package zebra

// Zebras are counted twice, horses once.
// Donkeys never.
func CountStripes(n int) int {
\treturn 2 * n
}
"""

SEND = """\
def receive(message):
    return send({"type": "text.send"})

def send_data(data):
    return send({"type": "text.send", "data": data})
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    root = tmp_path_factory.mktemp("tree")
    (root / "queue.py").write_text(QUEUE)
    (root / "notes.md").write_text("# Notes\n\nKeys rotate at midnight.\n")
    (root / "zebra.go").write_text(GO)
    (root / "send.py").write_text(SEND)
    (root / "long.py").write_text(
        "def long_function():\n"
        + "".join(f"    value_{i} = {i}\n" for i in range(300))
        + '    raise ValueError("beyond the last value")\n'
    )
    index = Index.open(root, index_dir=root.parent / "index")
    index.update()
    return index


def first(index: Index, query: str) -> Hit:
    return index.search(query, limit=1)[0]


def line_of(text: str) -> int:
    return next(n for n, line in enumerate(QUEUE.splitlines(), 1) if text in line)


@pytest.mark.parametrize(
    ("query", "symbol", "kind"),
    [
        ("schedule_retry", "Queue.schedule_retry", "method"),
        ("Queue.schedule_retry", "Queue.schedule_retry", "method"),
        ("Queue", "Queue", "class"),
        ("scheduleRetry", "Queue.schedule_retry", "method"),
        ("where is a retry scheduled", "Queue.schedule_retry", "method"),
    ],
)
def test_a_hit_lands_on_the_name_of_the_definition(
    index: Index, query: str, symbol: str, kind: str
) -> None:
    hit = first(index, query)
    assert (hit.path, hit.symbol, hit.kind) == ("queue.py", symbol, kind)
    assert hit.line == line_of(f"{'class' if kind == 'class' else 'def'} {symbol.split('.')[-1]}")


def test_a_hit_is_the_definition_where_it_fits(index: Index) -> None:
    hit = first(index, "schedule_retry")
    assert hit.text.splitlines() == QUEUE.splitlines()[hit.start_line - 1 : hit.end_line]
    assert hit.text.startswith("    def schedule_retry(self, delay):\n")
    assert hit.text.endswith("self.jobs.append(delay)\n")


def test_words_as_they_stand_land_on_their_line(index: Index) -> None:
    hit = first(index, "the queue was closed before it was empty")
    assert hit.line == line_of("closed before")
    assert hit.symbol == "Queue.drain"
    assert "closed before" in hit.text


def test_a_hit_inside_a_long_function_names_the_function(index: Index) -> None:
    hit = first(index, "beyond the last value")
    assert (hit.path, hit.line, hit.symbol) == ("long.py", 302, "long_function")
    assert hit.start_line <= hit.line <= hit.end_line


def test_text_without_definitions_lands_on_the_line_that_matches(index: Index) -> None:
    hit = first(index, "when do keys rotate")
    assert (hit.path, hit.line, hit.symbol, hit.kind) == ("notes.md", 3, None, None)


def test_a_hit_outside_of_definitions_ends_where_they_begin(index: Index) -> None:
    hit = first(index, "LIMIT = 10")
    assert (hit.path, hit.line, hit.symbol) == ("queue.py", line_of("LIMIT = 10"), "LIMIT")
    hit = first(index, '"""Queues of jobs."""')
    assert (hit.line, hit.start_line, hit.end_line, hit.symbol) == (1, 1, 2, None)


def test_a_comment_before_a_definition_belongs_to_it(index: Index) -> None:
    hit = first(index, "// Zebras are counted twice, horses once.")
    assert (hit.path, hit.line, hit.symbol) == ("zebra.go", 3, "CountStripes")
    assert (hit.start_line, hit.end_line) == (3, 7)


COMMENTS = {
    "a.js": """\
/**
 * License of everything, which is free zebraware.
 */

app.boot = function boot() {
  return 1;
};

/**
 * Dispatch a request into the giraffe.
 *
 * Errors bubble through the ostrich.
 */

app.handle = function handle(req) {
  return req;
};

/* Sections about pelicans. */

app.other = function other() {
  return 2;
};
""",
    "b.c": """\
/*
   Counts the flamingos,
   one by one.
*/
int count_flamingos(int n)
{
\treturn n;
}

int pigeons; /* not a comment of the next */
int count_herons(int n)
{
\treturn n + 1;
}
""",
    "c.java": """\
class Zoo {
  private int animals;

  /**
   * Feeds the capybaras at dawn.
   */
  @Override
  void feed() {
    animals++;
  }

  // Trailing words about wombats.
}
""",
    "d.ex": """\
defmodule Zoo do
  @doc \"\"\"
  Washes the narwhals.

  With soap.
  \"\"\"
  @spec wash(integer) :: integer
  def wash(n) do
    n + 1
  end
end
""",
    "e.py": '''\
class Aviary:
    """Houses of the cockatoos.

    Not of the lyrebirds.
    """
    def open(self):
        return 1
    # The end of the quokkas.


# Both doors are shut for the pangolins.
#
# Twice.
def close():
    return 2
''',
    "f.hs": """\
module Zoo where

{- Tames the
   axolotls, all of them. -}
tame :: Int -> Int
tame n = n + 1
""",
    "g.rs": """\
/// Brushes the chinchillas.
#[inline]
pub fn brush(n: u32) -> u32 {
    n
}
""",
}


@pytest.fixture(scope="module")
def comments(tmp_path_factory: pytest.TempPathFactory) -> Index:
    root = tmp_path_factory.mktemp("comments")
    for name, text in COMMENTS.items():
        (root / name).write_text(text)
    index = Index.open(root, index_dir=root.parent / "index-of-comments")
    index.update()
    return index


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("Dispatch a request into the giraffe.", "app.handle"),
        ("Errors bubble through the ostrich.", "app.handle"),
        ("License of everything, which is free zebraware.", None),
        ("Sections about pelicans.", None),
        ("Counts the flamingos,", "count_flamingos"),
        ("one by one.", "count_flamingos"),
        ("not a comment of the next", None),
        ("Feeds the capybaras at dawn.", "Zoo.feed"),
        ("Trailing words about wombats.", "Zoo"),
        ("Washes the narwhals.", "Zoo.wash"),
        ("With soap. ", "Zoo.wash"),
        ("Not of the lyrebirds.", "Aviary"),
        ("The end of the quokkas.", "Aviary"),
        ("Both doors are shut for the pangolins.", "close"),
        ("axolotls, all of them.", "tame"),
        ("Brushes the chinchillas.", "brush"),
    ],
)
def test_a_comment_has_the_name_of_what_follows_it(
    comments: Index, text: str, symbol: str | None
) -> None:
    hit = comments.search("", fixed_strings=[text.strip()], limit=1)[0]
    assert hit.symbol == symbol


def test_text_with_quotes_lands_on_its_line_not_on_what_is_quoted(index: Index) -> None:
    hit = first(index, 'send({"type": "text.send", "data": data})')
    assert (hit.path, hit.line) == ("send.py", 5)


@pytest.mark.parametrize("mode", ["hybrid", "semantic", "lexical"])
def test_every_hit_holds_its_line_and_text(index: Index, mode: Mode) -> None:
    for query in ("size of the queue", "LIMIT", "value_17", "keys", "def"):
        for hit in index.search(query, mode=mode):
            lines = (index.root / hit.path).read_text().splitlines()
            assert hit.start_line <= hit.line <= hit.end_line
            assert hit.text.splitlines() == lines[hit.start_line - 1 : hit.end_line]
