"""Make docs/languages.md from the tables in the code and the samples of the tests.

    .venv/bin/python -m tests.languages_table > docs/languages.md

The listed kinds of definitions are those in the samples, which the tests of the chunker check.
"""

from __future__ import annotations

from functools import cache

from codelode.chunk.hosts import HOSTS
from codelode.chunk.hosts.model import no_regions
from codelode.chunk.languages import EXTRA, PATTERNS, SYNTAXES
from codelode.discover.language_signs import SIGNS
from codelode.discover.language_table import LANGUAGES, Language
from tests.chunk_cases import LANGUAGES as SAMPLED
from tests.chunk_cases import SAMPLES

INTRODUCTION = """\
# Languages

Every text file is indexed, whatever its language. This page says how a language is recognized, how
its definitions are found, and of which kinds they are. It is made of the code and its tests:
`.venv/bin/python -m tests.languages_table > docs/languages.md`.

**Recognized by.** The name of the file: an extension, or the whole name. An extension in *italics*
belongs to several languages: the text decides
([language_signs.py](../src/codelode/discover/language_signs.py)). Files without a known name are
recognized by their shebang (`#!`), by their first line (`<?php`, `<?xml`), or by a modeline of
Emacs or Vim, which also overrides an ambiguous extension. `-t` takes the names of this table,
their extensions and common aliases (`c++`, `golang`).

**Definitions by.**

- *grammar*: a tree-sitter grammar. Chunks follow the definitions. Text that the grammar does not
  understand is mended, or searched by patterns ([decision 009](decisions/009-damaged-syntax.md)).
- *grammar, extra*: a grammar of the extra `codelode[languages]`. Without it, patterns.
- *patterns*: the lines that begin a definition; its end is found by indentation ([decision
  015](decisions/015-more-languages.md)).
- *regions*: code inside the file is read in its own language ([decision
  017](decisions/017-embedded-code.md)): see below.
- none: the text is cut by indentation and blank lines.

**Kinds** are those that tests prove to be found.

| language | recognized by | definitions by | kinds |
|---|---|---|---|
"""

ENDING = """
## Code inside other files

| host | regions |
|---|---|
| Vue, Svelte | `<script>` and `<style>`, in the language that they name; Svelte's `{#snippet}` |
| Astro | the front matter, `<script>` and `<style>` |
| HTML, PHP, Handlebars, HEEx | `<script>` and `<style>`, without what a template writes there |
| ERB, EJS | `<% %>`, all together, and as in HTML |
| JSP, ASP.NET | `<%! %>`, `<% %>`, `<script runat="server">`, and as in HTML |
| Razor | `@code { }` and `@functions { }`, and as in HTML |
| Jinja, Twig, Go, FreeMarker, Mako, Smarty | macros, blocks, named templates; as in HTML |
| Markdown, reStructuredText, AsciiDoc, Org | code blocks that name their language (declarations) |
| Literate Haskell | lines after `>`, and between `\\begin{code}` and `\\end{code}` |
| Jupyter | the cells, in the language of the kernel or of their `%%magic`; no outputs |

Line numbers are always those of the file.
"""


def page() -> str:
    """Return the text of docs/languages.md."""
    languages = sorted(LANGUAGES, key=lambda each: each.name)
    return INTRODUCTION + "".join(map(row, languages)) + ENDING


def row(language: Language) -> str:
    """Return the row of a language."""
    name = language.name
    return f"| {name} | {recognized_by(language)} | {found_by(name)} | {', '.join(kinds(name))} |\n"


def recognized_by(language: Language) -> str:
    """Return the extensions, file names and interpreters by which a language is recognized."""
    marks = [_extension(each) for each in language.extensions.split()]
    marks += [f"*.{extension}*" for extension in sorted(_told_by_signs(language))]
    marks += [f"`{name}`" for name in language.names.split()]
    marks += [f"`#!{command}`" for command in language.interpreters.split()]
    return " ".join(marks)


def _extension(extension: str) -> str:
    return f"*.{extension}*" if extension in SIGNS else f"`.{extension}`"


def _told_by_signs(language: Language) -> set[str]:
    """Return the extensions of other languages whose files may be recognized as this language."""
    own = language.extensions.split()
    return {
        extension
        for extension, signs in SIGNS.items()
        if extension not in own and any(sign.language == language.name for sign in signs)
    }


def found_by(name: str) -> str:
    """Return how the definitions of a language are found."""
    ways: list[str] = []
    if name in SYNTAXES:
        ways.append("grammar, extra" if name in EXTRA else "grammar")
    elif name in PATTERNS:
        ways.append("patterns")
    if name in HOSTS and HOSTS[name].regions is not no_regions:
        ways.append("regions")
    return " and ".join(ways)


@cache
def kinds(name: str) -> list[str]:
    """Return the kinds of definitions in the samples of a language, except those in regions."""
    found: set[str] = set()
    if name in SAMPLED:
        outline = (SAMPLES / f"sample.{SAMPLED[name]}.outline").read_text()
        found |= {line.split()[0] for line in outline.splitlines()}
    cases = SAMPLES / "constructs" / f"{name}.txt"
    if cases.exists() and (name not in HOSTS or name in SYNTAXES):
        for case in cases.read_text().split("\n== "):
            expected = case.partition("\n--\n")[2]
            found |= {line.split()[1] for line in expected.splitlines() if line}
    return sorted(found)


if __name__ == "__main__":
    print(page(), end="")
