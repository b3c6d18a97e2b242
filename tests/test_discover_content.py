"""Languages recognized by the text of a file whose name is not enough."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode import Index
from codelode.discover.language import language_called, language_of
from codelode.discover.language_content import language_in, language_of_modeline
from codelode.discover.language_signs import SIGNS


def language(name: str, text: str) -> str | None:
    return language_in(name, language_of(name), text.encode())


CPP = [
    "class Foo;\n",
    "class Foo {\n public:\n  int x;\n};\n",
    "class NET_EXPORT HttpClient : public ClientBase {\n};\n",
    "class [[nodiscard]] Foo final {\n};\n",
    "class Q_DECL_EXPORT(x) Foo\n{\n};\n",
    "template <typename T>\nT max(T a, T b);\n",
    "namespace a {\nvoid f();\n}\n",
    "inline namespace v1 {\n}\n",
    "namespace a::b { int x; }\n",
    "enum class Color { RED };\n",
    "enum struct Color { RED };\n",
    "using Callback = void (*)(int);\n",
    "using namespace std;\n",
    "struct Derived : Base {\n};\n",
    "struct Derived final : public Base<int> {\n};\n",
    "struct V {\n  bool operator==(const V& o) const;\n};\n",
    "struct V {\n  operator bool() const;\n};\n",
    "struct V {\n  ~V();\n};\n",
    "struct V {\n  virtual void f() = 0;\n};\n",
    "#include <vector>\nvoid f();\n",
    "#include <cstdint>\nvoid f(uint8_t x);\n",
    "void f(const std::string& s);\n",
    "#pragma once\nexport module a.b;\ntemplate <class T> struct X;\n",
]
C = [
    "#ifndef A_H\n#define A_H\nint f(void);\n#endif\n",
    "struct class *class_create(const char *name);\n",
    "struct device {\n\tstruct class *class;\n\tu8 private:1;\n\tint virtual;\n};\n",
    "/* class Foo { public: */\nint f(void);\n",
    "// template <typename T>\n// std::string\nint f(void);\n",
    '#ifdef __cplusplus\nextern "C" {\n#endif\nint f(void);\n#ifdef __cplusplus\n}\n#endif\n',
    "#if defined(__cplusplus)\nnamespace a { class B; }\n#endif\nint f(void);\n",
    "/**\n * struct foo - a thing::\n * @x: using x = y\n */\nstruct foo { int x; };\n",
    "#define MAX(a, b) ((a) > (b) ? (a) : (b))\n#define operator_new 1\n",
    "typedef struct { unsigned new : 1, delete : 2; } flags;\nint namespace_id(int template);\n",
    "#include <linux/module.h>\n#include <string.h>\nenum class_type { A };\n",
    "",
]


def test_a_header_may_begin_with_many_macros() -> None:
    macros = "".join(f"#define DOCTEST_CONFIG_{number} {number}\n" for number in range(1000))
    assert language("a.h", macros + "namespace doctest {\nclass String;\n}\n") == "cpp"
    assert language("a.h", macros + "int f(void);\n") == "c"


@pytest.mark.parametrize("text", CPP)
def test_headers_that_hold_cpp_are_cpp(text: str) -> None:
    padding = "/* License. */\n#ifndef A_H\n#define A_H\n#include <stddef.h>\n"
    assert language("a.h", text) == "cpp"
    assert language("a.h", padding + text) == "cpp"
    assert language("config.h.in", text) in ("c", "cpp")


@pytest.mark.parametrize("text", C)
def test_headers_that_hold_c_are_c(text: str) -> None:
    assert language("a.h", text) == "c"
    assert language("a.c", CPP[0]) == "c"  # `.c` is not ambiguous


@pytest.mark.parametrize("text", ["@interface Foo : NSObject\n@end\n", "#import <UIKit/UIKit.h>\n"])
def test_headers_of_objective_c(text: str) -> None:
    assert language("a.h", text) == "objective-c"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.C", "int x;", "cpp"),
        ("a.H", "int x;", "cpp"),
        ("MAIN.C", "int x;", "c"),
        ("a.ixx", "export module a;", "cpp"),
        ("a.cppm", "export module a;", "cpp"),
        ("a.ipp", "int x;", "cpp"),
        ("a.inc", "#define X(a) a\n", "cpp"),
        ("a.inc", "<?php\nfunction f() {}\n", "php"),
        ("a.inc", "; macros\n  mov ax, bx\n", "assembly"),
        ("a.inc", "{$IFDEF X}\nprocedure Foo;\n", "pascal"),
        ("a.inc", 'SRC_URI = "git://x"\ninherit cmake\n', "bitbake"),
        ("a.m", "#import <Foundation/Foundation.h>\n@implementation A\n@end\n", "objective-c"),
        ("a.m", "// A.\n#include <stdio.h>\nint main() { return 0; }\n", "objective-c"),
        ("a.m", "function y = f(x)\n% F  doubles\ny = 2 * x;\nend\n", "matlab"),
        ("a.m", "% comment\nx = linspace(0, 1);\nplot(x)\n", "matlab"),
        ("a.m", "classdef A < handle\nend\n", "matlab"),
        ("a.m", "## Octave\n1;\n", "matlab"),
        ("a.m", ":- module a.\n:- interface.\n", "mercury"),
        ("a.m", '(* ::Package:: *)\nBeginPackage["A`"]\n', "mathematica"),
        ("A.cls", "public with sharing class A {\n}\n", "apex"),
        ("A.cls", "@isTest\nprivate class ATest {\n}\n", "apex"),
        ("A.cls", "/** Doc. */\nglobal virtual class A {\n}\n", "apex"),
        ("a.cls", "\\NeedsTeXFormat{LaTeX2e}\n\\ProvidesClass{a}\n", "latex"),
        ("a.cls", "VERSION 1.0 CLASS\nBEGIN\n", "visual-basic"),
        ("a.pl", "use strict;\nmy $x = 1;\n", "perl"),
        ("a.pl", "parent(a, b).\nancestor(X, Y) :- parent(X, Y).\n", "prolog"),
        ("a.v", "module a(input b);\nendmodule\n", "verilog"),
        ("a.v", "Require Import Arith.\nLemma a : 1 = 1.\nProof. auto. Qed.\n", "coq"),
        ("a.v", "module main\n\nfn main() {\n}\n", "vlang"),
        ("a.ts", "export const a: number = 1;\n", "typescript"),
        ("a.ts", '<?xml version="1.0"?>\n<!DOCTYPE TS>\n<TS version="2.1">\n', "xml"),
        ("a.d", "module a;\nimport std.stdio;\n", "d"),
        ("a.d", "main.o: main.c defs.h\n", "make"),
        ("a.fs", "module A\nlet x = 1\n", "fsharp"),
        ("a.fs", "#version 330 core\nvoid main() {}\n", "glsl"),
        ("a.pp", "class foo { }\n", "puppet"),
        ("a.pp", "unit Foo;\ninterface\n", "pascal"),
        ("a.l", "%{\n#include <stdio.h>\n%}\n", "lex"),
        ("a.l", "(defun a () 1)\n", "common-lisp"),
        ("a.gd", "extends Node\nfunc _ready():\n\tpass\n", "gdscript"),
        ("a.bb", 'SUMMARY = "x"\nLICENSE = "MIT"\n', "bitbake"),
        ("a.bb", "(ns a)\n", "clojure"),
        ("a.pro", "QT += core\nTARGET = a\n", "qmake"),
        ("script", "#!/usr/bin/env node\n", "javascript"),
        ("script", "#!/usr/bin/env -S uv run --script\n", "python"),
        ("script", "<?php echo 1;\n", "php"),
        ("script", "<?xml version='1.0'?>\n<a/>\n", "xml"),
        ("script", "plain text\n", None),
        ("vector", "// -*- C++ -*-\n", "cpp"),
        ("script", "#!/bin/sh\n# -*- mode: tcl -*-\n", "tcl"),
        ("script", "x\n# vim: set ft=ruby ts=2 :\n", "ruby"),
        ("script", "x\n# vi:syntax=python\n", "python"),
        ("a.h", "/* -*- mode: C++; c-basic-offset: 4 -*- */\nint x;\n", "cpp"),
        ("a.h", "/* -*- linux-c -*- */\nint x;\n", "c"),
        ("configure.in", "dnl -*- m4 -*-\n", "m4"),
        ("a.py", "# -*- mode: perl -*-\n", "python"),
        ("a.py", "# -*- coding: utf-8 -*-\n", "python"),
        ("notes", "\n# Local Variables:\n# mode: org\n# End:\n", "org"),
        ("notes", "-*- mode: nonsense -*-\n", None),
        ("notes", "", None),
    ],
)
def test_languages_by_content(name: str, text: str, expected: str | None) -> None:
    assert language(name, text) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("player.gd", "gdscript"),
        ("Main.qml", "qml"),
        ("Index.cshtml", "razor"),
        ("Index.razor", "razor"),
        ("a.jsp", "jsp"),
        ("a.aspx", "aspx"),
        ("a.astro", "astro"),
        ("A.lhs", "haskell"),
        ("schema.prisma", "prisma"),
        ("main.bicep", "bicep"),
        ("policy.rego", "rego"),
        ("A.lean", "lean"),
        ("a.heex", "heex"),
        ("README.adoc", "asciidoc"),
        ("a.rbi", "ruby"),
        ("go.mod", "go-module"),
        (".env", "ini"),
        ("a.feature", "gherkin"),
        ("a.robot", "robot"),
        ("a.sml", "sml"),
    ],
)
def test_languages_by_name(name: str, expected: str) -> None:
    assert language_of(name) == expected
    assert language_in(name, expected, b"anything\n") == expected


def test_signs_name_languages_people_can_ask_for() -> None:
    named = {sign.language for signs in SIGNS.values() for sign in signs}
    assert {name for name in named if language_called(name) != name} == set()


@given(st.binary(max_size=200), st.sampled_from([*SIGNS, "", "in", "x"]))
def test_any_bytes_have_at_most_a_language(text: bytes, extension: str) -> None:
    name = f"a.{extension}" if extension else "a"
    found = language_in(name, language_of(name), text)
    assert found is None or found


@pytest.mark.parametrize("extension", SIGNS)
def test_hostile_texts_cost_little_time(extension: str) -> None:
    texts = [b"/*" * 500_000, b"a " * 500_000, b"class " * 200_000, b"(" * 10**6, b"a" * 10**6]
    texts += [b"__cplusplus" * 90_000, b"struct a(" * 100_000, b"-*-" * 300_000, b"vim: " * 200_000]
    texts += [b"Local Variables:" * 60_000, b"\n" * 10**6, b"a::" * 300_000, b"typename <" * 90_000]
    began = time.process_time()
    for text in texts:
        language_in(f"a.{extension}", "c", text)
        language_of_modeline(text)
    assert time.process_time() - began < 2


def test_the_index_knows_them(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a.h").write_text("class Widget {\n public:\n  int width;\n};\n")
    (tmp_path / "tree" / "b.h").write_text("struct widget { int width; };\n")
    index = Index.open(tmp_path / "tree", index_dir=tmp_path / "index")
    index.update()
    assert [hit.path for hit in index.search("width", languages=["c++"])] == ["a.h"]
    assert [hit.path for hit in index.search("width", languages=["c"])] == ["b.h"]
