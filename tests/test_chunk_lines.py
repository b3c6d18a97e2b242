"""Text without a grammar is cut at blank lines, lines with little indentation, and headings."""

from __future__ import annotations

from codelode.chunk.lines import Lines
from codelode.chunk.sizes import MAX_CHUNK_BYTES, MAX_LINE_BYTES
from tests.chunk_cases import cut, defined, document


def starts(text: bytes, language: str | None = None) -> list[bytes]:
    """Return the first line of every chunk except the first chunk."""
    return [text[each.start :].split(b"\n")[0] for each in cut(document(text, language))[1:]]


def test_plain_text_is_cut_after_blank_lines() -> None:
    paragraphs = (b"some words on a line\n" * (9 + i * i % 7) for i in range(40))
    text = b"\n".join(each.replace(b"some", b"first", 1) for each in paragraphs)
    assert set(starts(text)) == {b"first words on a line"}


def test_indented_text_is_cut_at_the_outermost_lines() -> None:
    block = b"section:\n" + b"    - an item of it\n" * 30
    assert set(starts(block * 10)) == {b"section:"}


def test_a_line_of_closing_brackets_does_not_begin_a_chunk() -> None:
    text = b"".join(
        b"item {\n" + b"    value\n" * (40 + i * i % 11) + b"}\n" + b"  tail\n" * 50
        for i in range(40)
    )
    assert b"}" not in starts(text)


def test_chunks_of_lines_are_of_a_good_size() -> None:
    text = b"a line with a few words in it\n" * 4000
    sizes = [each.end - each.start for each in cut(document(text))]
    assert max(sizes) <= MAX_CHUNK_BYTES
    assert min(sizes[:-1]) >= MAX_CHUNK_BYTES // 2


def test_a_long_line_has_its_own_chunks_of_equal_size() -> None:
    long = "wörter ".encode() * 2000
    text = b"before\n" * 30 + long + b"\n" + b"after\n" * 30
    chunks = cut(document(text))
    parts = [each for each in chunks if each.start_line == 31 == each.end_line]
    sizes = [each.end - each.start for each in parts]
    assert text[parts[0].start : parts[-1].end] == long + b"\n"
    assert len(parts) == -(-len(long) // MAX_LINE_BYTES)
    assert max(sizes) - min(sizes) <= 4
    for each in parts:
        text[each.start : each.end].decode()


def test_a_line_longer_than_a_chunk_is_not_split_below_the_limit() -> None:
    line = b"x" * (2 * MAX_CHUNK_BYTES) + b"\n"
    text = b"short\n" + line + b"short\n"
    assert line in {text[each.start : each.end] for each in cut(document(text))}


def test_the_limit_of_a_line_is_exact() -> None:
    line = b"x" * (MAX_LINE_BYTES - 1) + b"\n"
    assert len(cut(document(line))) == 1
    assert len(cut(document(b"x" + line))) == 2


def test_markdown_is_cut_at_headings() -> None:
    section = b"## Part\n\n" + b"words of it\n" * 80 + b"\n"
    text = b"# Title\n\nAbout.\n\n" + section * 5
    assert starts(text, "markdown") == [b"## Part"] * 4  # the first is merged with the title


def test_small_sections_share_a_chunk_with_those_of_their_parent() -> None:
    small = b"### Detail\n\nwords\n\n" * 6
    text = (b"## Part\n\n" + small + b"words of it\n" * 60) * 4
    assert starts(text, "markdown") == [b"## Part"] * 3


def test_a_comment_in_a_code_block_is_no_heading() -> None:
    block = b"```sh\n" + b"# not a heading\nrun it\n" * 12 + b"```\n\n"
    text = b"# Title\n\n" + (b"words of the text\n" * 50 + b"\n" + block) * 4
    assert b"# not a heading" not in starts(text, "markdown")
    assert b"# not a heading" in starts(
        text.replace(b"```sh", b"").replace(b"```", b""), "markdown"
    )


def test_the_share_of_long_lines_decides_whether_to_parse() -> None:
    assert Lines(b"short\n" * 9000).long_bytes() == 0
    assert Lines(b"x y" * 5000).long_bytes() == 15_000
    assert Lines(b"x y" * 5000 + b"\n" + b"short\n" * 833).long_bytes() == 15_001
    minified = b"function f(){}" * 3000 + b"\n"
    written = b"function g() {\n}\n" * 3000
    assert not any(defined(document(minified, "javascript")))
    assert any(defined(document(minified + written, "javascript")))


def test_a_few_long_strings_are_no_reason_not_to_parse() -> None:
    sentence = b'TEXT = "' + b"some words " * 900 + b'"\n\ndef f():\n    pass\n'
    data = b'IMAGE = "' + b"iVBORw0KGgoAAAANSUhEUgAA" * 4000 + b'"\n\ndef g():\n    pass\n'
    for text, name in ((sentence, "f"), (data, "g")):
        assert len(text) > 9000
        assert any(name in names for names in defined(document(text, "python")))
