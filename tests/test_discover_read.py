"""Reading converts any encoding to UTF-8, and survives files that change meanwhile."""

from __future__ import annotations

import codecs
import os
import random
import threading
from pathlib import Path

import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from codelode.discover import safe_open as opening
from codelode.discover.decode import NoText, Text, decode
from codelode.discover.read import read
from codelode.discover.walk import walk
from codelode.errors import IndexingError
from codelode.types import Document, Skip, SkipReason, SourceFile
from tests.test_discover_walk import readable_by_all, without_privileges

__all__ = ["readable_by_all"]


def found(root: Path) -> SourceFile:
    """Return the only file that a walk yields for reading."""
    (file,) = (file for file in walk(root) if isinstance(file, SourceFile))
    return file


def write(root: Path, data: bytes, name: str = "file") -> SourceFile:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(data)
    return found(root)


def document(root: Path, data: bytes, name: str = "file") -> Document:
    result = read(root, write(root, data, name))
    assert isinstance(result, Document), result
    return result


def skip(result: Document | Skip) -> tuple[str, SkipReason]:
    assert isinstance(result, Skip), result
    return result.path, result.reason


class TestDocuments:
    def test_the_whole_file_is_read(self, tmp_path: Path) -> None:
        data = "# naïve\r\nx = 1\r\n".encode()
        digest = xxhash.xxh3_128(data).digest()
        assert document(tmp_path, data, "sub/a.py") == Document(
            "sub/a.py", "python", data, "utf-8", digest
        )

    def test_the_hash_is_that_of_the_bytes_on_disk(self, tmp_path: Path) -> None:
        data = codecs.BOM_UTF16_LE + "x = 1\n".encode("utf-16-le")
        result = document(tmp_path, data)
        assert result.text == b"x = 1\n"
        assert result.encoding == "utf-16-le"
        assert result.content_hash == xxhash.xxh3_128(data).digest()

    @pytest.mark.parametrize(
        ("name", "data", "language"),
        [
            ("tool", b"#!/usr/bin/env python3\nprint()\n", "python"),
            ("tool", codecs.BOM_UTF16_BE + "#!/bin/sh\n".encode("utf-16-be"), "bash"),
            ("tool.js", b"#!/usr/bin/env python3\n", "javascript"),
            ("tool", b"#!/usr/bin/env " + b" " * 500 + b"python3\n", None),
            ("tool", b"print()\n", None),
        ],
    )
    def test_the_language_is_in_the_name_or_the_shebang(
        self, tmp_path: Path, name: str, data: bytes, language: str | None
    ) -> None:
        assert document(tmp_path, data, name).language == language

    @pytest.mark.parametrize("name", [b"new\nline", b"\xff\xfe", "ñ".encode()])
    def test_a_file_with_any_name_is_read(self, tmp_path: Path, name: bytes) -> None:
        result = document(tmp_path, b"x", os.fsdecode(name) + "/" + os.fsdecode(name))
        assert os.fsencode(result.path) == name + b"/" + name

    def test_a_path_longer_than_the_system_takes(self, tmp_path: Path) -> None:
        place = os.open(tmp_path, os.O_RDONLY)
        for _ in range(25):
            os.mkdir("d" * 200, dir_fd=place)
            below = os.open("d" * 200, os.O_RDONLY, dir_fd=place)
            os.close(place)
            place = below
        leaf = os.open("leaf.c", os.O_CREAT | os.O_WRONLY, dir_fd=place)
        os.write(leaf, b"int x;")
        os.close(leaf)
        os.close(place)
        result = read(tmp_path, found(tmp_path))
        assert isinstance(result, Document)
        assert (result.text, len(result.path)) == (b"int x;", 25 * 201 + 6)
        short = tmp_path / ("d" * 200)
        while (short / ("d" * 200)).exists() and len(str(short)) < 3000:
            short = short / ("d" * 200)
        short.rename(tmp_path / "rest")  # otherwise, pytest could not remove the folder


class TestFilesThatChange:
    def test_a_deleted_file_is_skipped(self, tmp_path: Path) -> None:
        file = write(tmp_path, b"x", "a/b")
        (tmp_path / "a/b").unlink()
        assert skip(read(tmp_path, file)) == ("a/b", SkipReason.VANISHED)
        (tmp_path / "a").rmdir()
        assert skip(read(tmp_path, file)) == ("a/b", SkipReason.VANISHED)
        (tmp_path / "a").write_text("x")
        assert skip(read(tmp_path, file)) == ("a/b", SkipReason.VANISHED)
        assert skip(read(tmp_path / "nowhere", file)) == ("a/b", SkipReason.VANISHED)

    def test_replaced_by_another_file(self, tmp_path: Path) -> None:
        """Editors replace files; the new text is valid, and the next walk sees the new times."""
        file = write(tmp_path, b"old", "a/b")
        (tmp_path / "new").write_bytes(b"newer")
        (tmp_path / "new").rename(tmp_path / "a/b")
        result = read(tmp_path, file)
        assert isinstance(result, Document)
        assert result.text == b"newer"

    def test_emptied_and_grown(self, tmp_path: Path) -> None:
        file = write(tmp_path, b"x")
        (tmp_path / "file").write_bytes(b"")
        assert skip(read(tmp_path, file)) == ("file", SkipReason.EMPTY)
        (tmp_path / "file").write_bytes(b"x" * 101)
        assert skip(read(tmp_path, file, 100)) == ("file", SkipReason.TOO_LARGE)
        assert isinstance(read(tmp_path, file, 101), Document)

    @pytest.mark.parametrize("size", [0, 3, 10, 100_000])
    def test_written_to_meanwhile(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
    ) -> None:
        """A file that shrinks or grows while being read must not be accepted."""
        file = write(tmp_path, b"12345")
        asked = 0

        def read_late(descriptor: int, length: int) -> bytes:
            nonlocal asked
            asked += length
            (tmp_path / "file").write_bytes(b"x" * size)
            return real(descriptor, length)

        real = os.read
        monkeypatch.setattr(os, "read", read_late)
        assert skip(read(tmp_path, file)) == ("file", SkipReason.VANISHED)
        assert asked < 20

    def test_replaced_by_a_link(self, tmp_path: Path) -> None:
        file = write(tmp_path / "root", b"x", "a/b")
        (tmp_path / "secret").write_bytes(b"secret")
        (tmp_path / "root/a/b").unlink()
        (tmp_path / "root/a/b").symlink_to("../../secret")
        assert skip(read(tmp_path / "root", file)) == ("a/b", SkipReason.SYMLINK)

    def test_a_folder_replaced_by_a_link(self, tmp_path: Path) -> None:
        file = write(tmp_path / "root", b"x", "a/b")
        write(tmp_path / "outside", b"secret", "b")
        (tmp_path / "root/a").rename(tmp_path / "root/c")
        (tmp_path / "root/a").symlink_to(tmp_path / "outside")
        assert skip(read(tmp_path / "root", file)) == ("a/b", SkipReason.VANISHED)

    def test_replaced_by_a_fifo(self, tmp_path: Path) -> None:
        file = write(tmp_path, b"x")
        (tmp_path / "file").unlink()
        os.mkfifo(tmp_path / "file")
        results: list[Document | Skip] = []
        reader = threading.Thread(target=lambda: results.append(read(tmp_path, file)), daemon=True)
        reader.start()
        reader.join(5)
        assert results == [Skip("file", SkipReason.SPECIAL)]

    def test_forbidden(self, readable_by_all: Path) -> None:
        file = write(readable_by_all, b"x")
        (readable_by_all / "file").chmod(0)
        with without_privileges():
            result = read(readable_by_all, file)
        assert result == Skip("file", SkipReason.UNREADABLE, "permission denied")

    def test_nothing_stays_open(self, tmp_path: Path) -> None:
        file = write(tmp_path, b"x", "a/b")
        other = SourceFile("a/b", 1, 0, 0, file.inode + 1, None)
        gone = SourceFile("a/c", 1, 0, 0, 1, None)
        folder = SourceFile("a", 1, 0, 0, 1, None)
        before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
        for each in (file, other, gone, folder):
            read(tmp_path, each)
            read(tmp_path, each, 0)
        assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208

    def test_running_out_of_descriptors_is_an_error(self) -> None:
        with pytest.raises(IndexingError, match="Too many open files"):
            opening.refusal("a", OSError(24, "Too many open files"))


def text_of(data: bytes) -> str:
    result = decode(data)
    assert isinstance(result, Text), result
    return result.text.decode()


def reason(data: bytes) -> SkipReason:
    result = decode(data)
    assert isinstance(result, NoText), result
    return result.reason


COMMENTS = {
    "latin-1": "Größe des Puffers. Déjà vu: à la carte, garçon; niño pequeño. È già qui.",
    "cp1252": "The “smart” quotes – and the € sign… aren’t in Latin-1. Œuvre, naïve.",
    "shift_jis": "これは日本語のコメントです。関数の説明と、変数の初期化を行います。",
    "euc_jp": "これは日本語のコメントです。関数の説明と、変数の初期化を行います。",
    "gb18030": "这是中文注释，用于说明函数的作用。初始化变量并返回指针。",
    "big5": "這是中文註解，用於說明函數的作用。初始化變數並傳回指標。",
    "euc_kr": "이것은 한국어 주석입니다. 함수를 설명하고 변수를 초기화합니다.",
    "cp1251": "Это комментарий на русском языке: описание функции и переменных.",
    "koi8-r": "Это комментарий на русском языке: описание функции и переменных.",
}


class TestEncodings:
    @pytest.mark.parametrize("encoding", COMMENTS)
    @pytest.mark.parametrize("code", [b"", b"int main(void) { return 0; }\n" * 1000])
    def test_legacy_encodings(self, encoding: str, code: bytes) -> None:
        comment = f"/* {COMMENTS[encoding]} */\nint x;\n"
        assert text_of(code + comment.encode(encoding)) == code.decode() + comment

    def test_a_single_accent(self) -> None:
        comment = "/* Copyright 1998 Jörg */\nint main(void) { return 0; }\n"
        assert text_of(comment.encode("latin-1")) == comment
        assert text_of("naïve".encode("latin-1")) == "naïve"
        assert text_of("10 €".encode("cp1252")) == "10 €"

    @pytest.mark.parametrize("words", ["Нельзя вызывать из прерывания", "не используется"])
    def test_a_few_words_are_enough(self, words: str) -> None:
        comment = f"int v = 0; /* {words} */\n"
        assert text_of(comment.encode("koi8-r")) == comment

    def test_undefined_bytes_do_not_affect_the_rest(self) -> None:
        assert "int x;" in text_of(b"int x; /* Gr\xf6\xdfe \x81 */\n" * 3)

    @given(st.text())
    def test_valid_utf8_is_trusted(self, text: str) -> None:
        data = ("a" * 8192 + text).encode()
        result = decode(data)
        assert isinstance(result, Text)
        assert result.text is data

    def test_the_utf8_byte_order_mark_is_removed(self) -> None:
        assert text_of(codecs.BOM_UTF8 + "naïve".encode()) == "naïve"
        assert text_of(codecs.BOM_UTF8 + b"plain") == "plain"

    def test_utf8_with_a_few_bad_bytes_stays_utf8(self) -> None:
        data = "naïve café, déjà vu, größer".encode() + b" \xff\n"
        assert text_of(data) == "naïve café, déjà vu, größer \ufffd\n"

    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
    def test_byte_order_marks(self, encoding: str) -> None:
        text = "naïve = '日本'\r\n𝒳\n"
        assert text_of("\ufeff".encode(encoding) + text.encode(encoding)) == text
        assert reason("\ufeff".encode(encoding) + text.encode(encoding)[:-1]) is SkipReason.ENCODING

    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
    def test_utf16_without_a_mark(self, encoding: str) -> None:
        text = "class Größe { int x; }\r\n" * 20
        assert text_of(text.encode(encoding)) == text

    @pytest.mark.parametrize("encoding", ["shift_jis", "gb18030", "koi8-r"])
    def test_a_long_text_without_line_ends(self, encoding: str) -> None:
        comment = "x" + COMMENTS[encoding] * 3000
        assert text_of(comment.encode(encoding)) == comment

    @given(st.binary())
    def test_anything_becomes_utf8_or_is_refused(self, data: bytes) -> None:
        result = decode(data)
        if isinstance(result, Text):
            result.text.decode()
            codecs.lookup(result.encoding)
        else:
            assert result.reason in (SkipReason.BINARY, SkipReason.ENCODING)


class TestBinaries:
    @pytest.mark.parametrize(
        "data",
        [
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
            b"\x7fELF\x02\x01\x01" + b"\0" * 9,
            b"GIF89a!!",
            b"PK\x03\x04text",
            b"\x1f\x8b\x08\x08abc",
            b"text\0text",
            b"a" * 8000 + b"\0",
            b"\x01\x02\x03\x04" * 10 + b"text",
            bytes(range(256)) * 4,
            b"\x01\x00\x02\x00\x03\x00" * 50,  # small numbers, not UTF-16
            random.Random(1).randbytes(5000).replace(b"\0", b"x"),
        ],
    )
    def test_binary(self, data: bytes) -> None:
        assert reason(data) is SkipReason.BINARY

    @pytest.mark.parametrize(
        "data",
        [
            b"\x1b[31mred\x1b[0m\n",
            b"page\x0cbreak\n" * 10,
            b"x" * 9000 + b"\0",
            b"one control \x01 in a longer line of text\n",
            b"# GIF89 and PK\n",
            b" ",
        ],
    )
    def test_text(self, data: bytes) -> None:
        assert text_of(data).encode() == data

    def test_the_reason_says_what_was_seen(self) -> None:
        assert decode(b"%PDF-1.7") == NoText(SkipReason.BINARY, "PDF")
        assert decode(b"a\0b") == NoText(SkipReason.BINARY, "a NUL byte")
