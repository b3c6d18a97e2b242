"""Frames of stack traces: which function a frame names, on its line or on the line above."""

from __future__ import annotations

import time

import pytest

from codelode.search.frames import frames_in

GO = """panic: nil map
goroutine 1 [running]:
example.org/v2/client.(*Client).send(0xc0000, {0x0, 0x0})
\t/go/client@v1.4.0/client.go:12 +0x67c
example.org/v2/client.Run[...].func1.2()
\t/go/client@v1.4.0/run.go:3 +0x1
created by main.start in goroutine 1
\t/src/main.go:10 +0x1
"""
RUST = """   3: client::Client<T>::send
             at ./src/client.rs:12:5
   4: 0x55d0 - <alloc::Vec<T> as client::Sink>::push::{{closure}}
             at ./src/sink.rs:4:1
   5: client::run::h0123456789abcdef
             at ./src/run.rs:3:9
"""
JULIA = "Stacktrace:\n [1] send(client::Client)\n   @ Main ~/x/client.jl:12\n"
GO_TEST = "--- FAIL: TestSend/twice (0.00s)\n    client_test.go:12: expected 1\n"


@pytest.mark.parametrize(
    ("trace", "functions", "lines"),
    [
        (GO, ["send", "Run", "start"], {2, 3, 4, 5, 6, 7}),
        (RUST, ["send", "push", "run"], {0, 1, 2, 3, 4, 5}),
        (JULIA, ["send"], {1, 2}),
        (GO_TEST, ["TestSend"], {0, 1}),
        ("It fails (always).\n  see client.ts:12:5", [""], {1}),
        ("send(x) fails\nclient.ts:12:5", [""], {1}),
    ],
)
def test_the_function_on_the_line_above(trace: str, functions: list[str], lines: set[int]) -> None:
    found = frames_in(trace)
    assert [frame.function for frame in found.frames] == functions
    assert found.lines == lines


@pytest.mark.parametrize(
    ("line", "frame"),
    [
        ("a.rb:12:in `block (2 levels) in send'", ("a.rb", 12, "send")),
        ("a.rb:12:in 'block in Client#send'", ("a.rb", 12, "send")),
        ("a.rb:12:in `rescue in block in send'", ("a.rb", 12, "send")),
        ("a.rb:12:in `block in <main>'", ("a.rb", 12, "")),
        ("\ta.lua:12: in upvalue 'send'", ("a.lua", 12, "send")),
        ("\ta.lua:12: in function <a.lua:9>", ("a.lua", 12, "")),
        ("\tat x.Client.lambda$send$0(Client.java:12)", ("x/Client.java", 12, "send")),
        (
            "\tat x.ClientKt$send$1$2.invokeSuspend(Client.kt:12)",
            ("x/Client.kt", 12, "send"),
        ),
        ("   at X.Client.<Send>d__5.MoveNext() in /Client.cs:line 12", ("/Client.cs", 12, "Send")),
        ("#1  0x5 in closure #1 in Client.send(x:) at /C.swift:12:5", ("/C.swift", 12, "send")),
        ("#0      Client.send (package:client/src/a.dart:12:5)", ("src/a.dart", 12, "send")),
        ("send@https://example.org/js/a.js:12:5", ("js/a.js", 12, "send")),
        ('\tClient::send("x", 1) called at lib/Client.pm line 12', ("lib/Client.pm", 12, "send")),
        (
            'Called from Client.send in file "src/client.ml" (inlined), line 12, characters 4-9',
            ("src/client.ml", 12, "send"),
        ),
        ('{client,send,2,[{file,"src/client.erl"},{line,12}]}', ("src/client.erl", 12, "send")),
        ("  in function client:send/2 (src/client.erl, line 12)", ("src/client.erl", 12, "send")),
        ("Client.kt: (12, 5): error: unresolved reference", ("Client.kt", 12, "")),
        ("src\\client.c(12): error C2065: x", ("src\\client.c", 12, "")),
    ],
)
def test_the_function_on_the_line(line: str, frame: tuple[str, int, str]) -> None:
    found = frames_in(f"It fails\n{line}\nsince yesterday")
    assert [(each.path, each.line, each.function) for each in found.frames] == [frame]
    assert found.lines == {1}


def test_a_call_in_prose_is_no_frame() -> None:
    assert frames_in("array.get(12) returns: nothing").frames == ()


@pytest.mark.parametrize(
    "unit",
    ["$1", ".1", "{a,", "in closure #1 ", "a.b(", "::{{a}}", "block in ", "#1 a (", "a ", "@"],
)
def test_reading_takes_linear_time(unit: str) -> None:
    line = (unit * 1000)[:950]
    began = time.process_time()
    frames_in(f"{line}\n\t{line} a.go:12\n#1 x{line}\n" * 500)
    assert time.process_time() - began < 10
