"""The table of languages: file names, extensions, interpreters and aliases.

If several languages share an extension, the most common one wins: `.h` is c, `.m` is objective-c,
`.pl` is perl, `.v` is verilog. A file without a known name or shebang has no language; it is
indexed all the same.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import NamedTuple

from codelode.errors import UsageError


class Language(NamedTuple):
    """A language. All fields but the name are words separated by spaces, lower case except `names`.

    `extensions` have no dot, `names` are whole file names, `interpreters` are commands in a shebang
    (a version suffix is ignored), `aliases` are other names for the language. Every extension is an
    alias too, unless it is the name of another language.
    """

    name: str
    extensions: str = ""
    names: str = ""
    interpreters: str = ""
    aliases: str = ""


LANGUAGES = (
    # Languages chunked by syntax.
    Language(
        "bash",
        "sh bash ksh zsh bats ebuild eclass",
        ".bashrc .bash_profile .bash_aliases .bash_logout .profile .zshrc .zshenv .zprofile"
        " PKGBUILD APKBUILD",
        "sh bash dash ash ksh zsh bats",
        "shell",
    ),
    Language("c", "c h"),
    Language(
        "cpp", "cc cpp cxx c++ cu cuh hh hpp hxx h++ inl ipp tcc tpp ino", "", "", "cplusplus"
    ),
    Language("csharp", "cs csx cake", "", "", "c#"),
    Language("elixir", "ex exs", "", "elixir"),
    Language("go", "go", "", "", "golang"),
    Language("haskell", "hs hs-boot hsc", "", "runghc runhaskell"),
    Language("java", "java"),
    Language("javascript", "js jsx mjs cjs es6 jsm", "Jakefile", "node nodejs", "ecmascript"),
    Language("kotlin", "kt kts ktm"),
    Language("lua", "lua rockspec luau", ".luacheckrc", "lua luajit texlua"),
    Language("php", "php php3 php4 php5 php7 php8 phps phtml", "", "php"),
    Language(
        "python",
        "py pyi pyw pyx pxd pxi",
        "SConstruct SConscript wscript Snakefile",
        "python pypy uv",
    ),
    Language(
        "ruby",
        "rb rbw rake gemspec podspec ru builder jbuilder thor",
        "Rakefile Gemfile Capfile Guardfile Podfile Vagrantfile Brewfile Fastfile Dangerfile",
        "ruby jruby rake",
    ),
    Language("rust", "rs", "", "rust-script"),
    Language("scala", "scala sc sbt", "", "scala"),
    Language("swift", "swift", "", "swift"),
    Language("typescript", "ts tsx mts cts", "", "deno tsx ts-node bun"),
    Language("zig", "zig zon"),
    # Languages chunked by indentation or by lines.
    Language("ada", "adb ads ada"),
    Language("assembly", "s asm nasm", "", "", "assembler"),
    Language("awk", "awk gawk", "", "awk gawk mawk"),
    Language("batch", "bat cmd", "", "", "dos"),
    Language("bibtex", "bib"),
    Language("clojure", "clj cljs cljc edn bb", "", "clojure bb"),
    Language("cmake", "cmake", "CMakeLists.txt"),
    Language("cobol", "cob cbl cobol"),
    Language("coffeescript", "coffee litcoffee", "Cakefile", "coffee"),
    Language("common-lisp", "lisp lsp asd", "", "sbcl clisp", "commonlisp"),
    Language("crystal", "cr", "", "crystal"),
    Language("css", "css"),
    Language("csv", "csv tsv"),
    Language("d", "d di"),
    Language("dart", "dart", "", "dart"),
    Language("devicetree", "dts dtsi dtso"),
    Language("diff", "diff patch"),
    Language("dockerfile", "dockerfile containerfile", "Dockerfile Containerfile", "", "docker"),
    Language("elisp", "el", ".emacs", "", "emacs-lisp emacs"),
    Language("elm", "elm"),
    Language("erlang", "erl hrl escript", "rebar.config rebar.lock", "escript"),
    Language("fennel", "fnl"),
    Language("fish", "fish", "", "fish"),
    Language("fortran", "f f77 f90 f95 f03 f08 for"),
    Language("fsharp", "fs fsi fsx", "", "", "f#"),
    Language("gettext", "po pot"),
    Language("gleam", "gleam"),
    Language("graphviz", "dot gv"),
    Language("glsl", "glsl vert frag geom tesc tese comp", "", "", "shader"),
    Language("graphql", "graphql gql graphqls"),
    Language("groovy", "groovy gradle gvy", "Jenkinsfile", "groovy"),
    Language("handlebars", "hbs handlebars mustache"),
    Language("haxe", "hx"),
    Language("hlsl", "hlsl fx fxh metal wgsl"),
    Language("html", "html htm xhtml shtml"),
    Language("idl", "idl webidl"),
    Language(
        "ini",
        "ini cfg conf cnf properties prefs editorconfig desktop service socket timer",
        ".editorconfig .gitconfig .gitmodules .npmrc .pylintrc .flake8 .coveragerc",
        "",
        "config",
    ),
    Language("jinja", "j2 jinja jinja2"),
    Language(
        "json",
        "json jsonc json5 jsonl ndjson geojson webmanifest ipynb",
        ".babelrc .eslintrc .prettierrc composer.lock Pipfile.lock flake.lock",
    ),
    Language("jsonnet", "jsonnet libsonnet"),
    Language("julia", "jl", "", "julia"),
    Language("just", "just", "justfile Justfile .justfile", "just"),
    Language("kconfig", "", "Kconfig"),
    Language("latex", "tex sty cls ltx dtx", "", "", "tex"),
    Language("less", "less"),
    Language("lex", "l lex"),
    Language("linker-script", "ld lds"),
    Language(
        "make",
        "mk mak make",
        "Makefile makefile GNUmakefile BSDmakefile Kbuild Makefile.am Makefile.in",
        "make",
        "makefile",
    ),
    Language("markdown", "md markdown mdown mkd mdx qmd rmd", "", "", "commonmark"),
    Language("matlab", "mlx matlab"),
    Language("meson", "", "meson.build meson_options.txt meson.options"),
    Language("nim", "nim nims nimble", "", "nim"),
    Language("nix", "nix", "", "nix-shell"),
    Language("objective-c", "m mm", "", "", "objc objectivec"),
    Language("ocaml", "ml mli mll mly", "", "ocaml"),
    Language("odin", "odin"),
    Language("opencl", "cl"),
    Language("org", "org"),
    Language("pascal", "pas dpr lpr", "", "", "delphi"),
    Language("perl", "pl pm t pod", "cpanfile Makefile.PL", "perl"),
    Language("powershell", "ps1 psm1 psd1", "", "pwsh powershell"),
    Language("prolog", "prolog", "", "swipl"),
    Language("proto", "proto textproto", "", "", "protobuf protocol-buffers"),
    Language("puppet", "pp", "Puppetfile"),
    Language("purescript", "purs"),
    Language("r", "r rprofile", ".Rprofile", "Rscript"),
    Language("racket", "rkt", "", "racket"),
    Language("reason", "re rei res resi"),
    Language("roff", "man roff mdoc"),
    Language("rst", "rst rest", "", "", "restructuredtext"),
    Language("sass", "scss sass"),
    Language("scheme", "scm ss sld", "", "guile"),
    Language("sed", "sed", "", "sed"),
    Language("smali", "smali"),
    Language("solidity", "sol"),
    Language("sql", "sql ddl dml pgsql plsql psql", "", "psql"),
    Language("starlark", "star bzl bazel", "BUILD WORKSPACE Tiltfile"),
    Language("svelte", "svelte"),
    Language("tcl", "tcl tk", "", "tclsh wish expect"),
    Language("template", "erb ejs haml slim pug jade liquid twig tmpl tpl"),
    Language("terraform", "tf tfvars hcl", "", "", "opentofu"),
    Language(
        "text",
        "txt text log",
        "README LICENSE COPYING AUTHORS CHANGELOG CHANGES CREDITS INSTALL MAINTAINERS NEWS NOTICE"
        " TODO VERSION CODEOWNERS Gemfile.lock yarn.lock mix.lock",
        "",
        "plain plaintext",
    ),
    Language("thrift", "thrift"),
    Language("toml", "toml", "Pipfile Cargo.lock pdm.lock poetry.lock uv.lock"),
    Language("typst", "typ"),
    Language("vala", "vala vapi"),
    Language("verilog", "v sv svh vh", "", "", "systemverilog"),
    Language("vhdl", "vhd vhdl"),
    Language("vim", "vim vimrc", ".vimrc .gvimrc vimrc", "", "viml vimscript"),
    Language("visual-basic", "vb vbs bas frm", "", "", "vb.net vbnet"),
    Language("vue", "vue"),
    Language("xml", "xml xsd xsl xslt svg plist rss csproj vbproj fsproj props targets xaml ui"),
    Language("yacc", "y yy"),
    Language("yaml", "yaml yml", ".clang-format .clang-tidy .clangd CITATION.cff pubspec.lock"),
)

_VERSION = re.compile(r"[-.\d]+\Z")
_TEMPLATES = frozenset(("in", "dist", "example", "sample", "template"))


def _file(column: str) -> dict[str, str]:
    """Map every word in a column of the table, in lower case, to its language."""
    return {
        word.lower(): language.name
        for language in LANGUAGES
        for word in getattr(language, column).split()
    }


_BY_EXTENSION = _file("extensions")
_BY_INTERPRETER = _file("interpreters")
_BY_NAME = {word: language.name for language in LANGUAGES for word in language.names.split()}
_BY_ALIAS = (
    _BY_EXTENSION | _file("aliases") | {language.name: language.name for language in LANGUAGES}
)


def language_of(name: str) -> str | None:
    """Return the language of a file name (without folders), or None.

    The whole name has precedence over the extension. `config.h.in` counts as `config.h`, and
    `Makefile.boot` as `Makefile`.
    """
    found = _BY_NAME.get(name)
    if found is not None:
        return found
    stem, dot, extension = name.rpartition(".")
    if not dot:
        return None
    found = _BY_EXTENSION.get(extension) or _BY_EXTENSION.get(extension.lower())
    if found is None and extension in _TEMPLATES:
        found = language_of(stem)
    return found or _BY_NAME.get(name.partition(".")[0])


def language_of_shebang(first_line: bytes) -> str | None:
    """Return the language of a line such as `#!/usr/bin/env python3`, or None."""
    if not first_line.startswith(b"#!"):
        return None
    for word in first_line[2:].decode("utf-8", "replace").split():
        command = word.rpartition("/")[2].lower()
        if command != "env" and not command.startswith("-") and "=" not in command:
            return _BY_INTERPRETER.get(command) or _BY_INTERPRETER.get(_VERSION.sub("", command))
    return None


def resolve(alias: str) -> str:
    """Return the name of the language with this alias: `c++`, `golang`, `.rs`, `Python`.

    Raises `UsageError` with similar names if there is none.
    """
    wanted = alias.strip().lower()
    found = _BY_ALIAS.get(wanted) or _BY_ALIAS.get(wanted.removeprefix("."))
    if found is not None:
        return found
    close = sorted({_BY_ALIAS[match] for match in get_close_matches(wanted, _BY_ALIAS, cutoff=0.7)})
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    raise UsageError(f"unknown language {alias!r}{hint}")
