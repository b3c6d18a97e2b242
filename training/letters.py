"""Make the table that distinguishes legacy encodings: the letters of languages, by frequency.

    python -m training.letters --translations FOLDER [--texts LANGUAGE=FOLDER ...] --out FILE

`--translations` holds .po files of any programs, named by language (`ru.po`, `zh_CN.po`): messages
read like comments in code. `--texts` holds texts in UTF-8 of one language, where there are too few
translations for its thousands of characters. Only frequencies are kept. The table in
`src/codelode/discover/letters.tsv` was made from the sources of apt, coreutils, gettext, git and
glib2.0 in Debian 12, with the manuals of manpages-ja, manpages-zh and debian-reference.

Each line of the table has a language, its encodings, and costs in bits. The first is the cost of
choosing the language, the second the cost of a non-ASCII letter after another non-ASCII letter,
the third the cost of an ASCII letter beside a non-ASCII letter. Then come the costs of the
language's characters, as `cost:characters`.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from math import log2
from pathlib import Path
from typing import NamedTuple

MOST = 800  # characters of a language
_MESSAGE = re.compile(r'^msgstr(?:\[\d\])?\s+((?:"(?:[^"\\]|\\.)*"\s*)+)', re.M)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(.)")
_CHARSET = re.compile(rb"charset=([-\w]+)")
_TAG = re.compile(r"<[^>]*>")
_MAX_COST = 8.0


class Language(NamedTuple):
    """A language: the names of its .po files, its encodings, the cost in bits of choosing it."""

    name: str
    translations: str
    encodings: str
    prior: float


_WESTERN = "cp1252 cp850+6 mac_roman+6"
_CENTRAL = "cp1250 iso8859_2+1 cp852+5"
_CYRILLIC = "cp1251 koi8_r koi8_u+0.5 cp866+1 iso8859_5+3 mac_cyrillic+6"
LANGUAGES = (
    Language("german", "de", _WESTERN, 0),
    Language("french", "fr", _WESTERN, 0),
    Language("spanish", "es ca gl", _WESTERN, 0),
    Language("portuguese", "pt pt_BR", _WESTERN, 0),
    Language("italian", "it", _WESTERN, 0),
    Language("swedish", "sv fi", _WESTERN, 0),
    Language("danish", "da nb", _WESTERN, 0),
    Language("icelandic", "is", _WESTERN, 0),
    Language("dutch", "nl", _WESTERN, 0),
    Language("polish", "pl", _CENTRAL, 3),
    Language("czech", "cs sk", _CENTRAL, 3),
    Language("hungarian", "hu", _CENTRAL, 3),
    Language("croatian", "hr sl", _CENTRAL, 3),
    Language("romanian", "ro", _CENTRAL, 3),
    Language("turkish", "tr", "cp1254", 4),
    Language("baltic", "lt lv et", "cp1257", 6),
    Language("russian", "ru", _CYRILLIC, 2),
    Language("ukrainian", "uk be", _CYRILLIC, 2),
    Language("bulgarian", "bg", _CYRILLIC, 2),
    Language("serbian", "sr mk", _CYRILLIC, 2),
    Language("greek", "el", "cp1253", 4),
    Language("hebrew", "he", "cp1255", 4),
    Language("arabic", "ar fa", "cp1256", 5),
    Language("thai", "th", "cp874", 5),
    Language("vietnamese", "vi", "cp1258", 12),
    Language("chinese", "zh_CN", "gb18030", 2),
    Language("traditional-chinese", "zh_TW", "big5hkscs", 3),
    Language("japanese", "ja", "cp932 euc_jp", 2),
    Language("korean", "ko", "cp949", 3),
)


def messages(file: Path) -> Iterator[str]:
    """Yield the translated messages of a .po file that are not marked as fuzzy."""
    data = file.read_bytes()
    named = _CHARSET.search(data[:5000])
    encoding = named[1].decode() if named and named[1] != b"CHARSET" else "utf-8"
    for entry in re.split(r"\n\s*\n", data.decode(encoding, "replace")):
        if "#, fuzzy" in entry or "Project-Id-Version" in entry:
            continue
        for match in _MESSAGE.finditer(entry):
            joined = "".join(_STRING.findall(match[1]))
            yield _ESCAPE.sub(lambda escape: {"n": "\n"}.get(escape[1], escape[1]), joined)


def row(language: Language, texts: list[str]) -> str:
    """Return the line of the table for a language, made from texts in this language."""
    counts: Counter[str] = Counter()
    letters = after_another = beside_ascii = 0
    for text in texts:
        counts.update(character for character in text if character > "\x7f")
        for one, other in pairwise(text):
            if one > "\x7f" and one.isalpha():
                letters += 1
                after_another += other > "\x7f" and other.isalpha()
                beside_ascii += other <= "\x7f" and other.isalpha()
    total = sum(counts.values())
    by_cost: defaultdict[int, str] = defaultdict(str)
    for character, count in counts.most_common(MOST):
        if count > 1 and character.isprintable():
            by_cost[max(1, round(-log2(count / total)))] += character
    costs = [min(-log2(max(n, 1) / letters), _MAX_COST) for n in (after_another, beside_ascii)]
    cells = [f"{cost}:{''.join(sorted(found))}" for cost, found in sorted(by_cost.items())]
    numbers = [f"{number:.1f}" for number in (language.prior, *costs)]
    return "\t".join([language.name, language.encodings, *numbers, *cells])


def main() -> None:
    """Make the table."""
    parser = argparse.ArgumentParser(prog="python -m training.letters")
    parser.add_argument("--translations", type=Path, required=True)
    parser.add_argument("--texts", action="append", default=[], help="LANGUAGE=FOLDER")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for file in sorted(options.translations.rglob("*.po")):
        texts[re.split(r"[.@]", file.stem)[0]] += messages(file)
    for name, _, folder in (found.partition("=") for found in options.texts):
        for file in sorted(path for path in Path(folder).rglob("*") if path.is_file()):
            texts[name] += _TAG.sub(" ", file.read_text("utf-8", "replace")).splitlines()
    rows = [
        row(language, [text for name in language.translations.split() for text in texts[name]])
        for language in LANGUAGES
    ]
    options.out.write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
