"""The formats of stack traces and of the output of compilers and test runners, by language.

`{path}` is the path of a file as the tool prints it, `{line}` the number of a line, `{code}` its
text, `{function}` and `{symbol}` the plain and the qualified name of a definition, and `{error}`
and `{message}` the error.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TraceFormat:
    """The format of a stack trace.

    `frame` is repeated: outermost first if `outside_in`, else with the frame of the error first.
    `lead` is put before the paths of the project: the folder where it is installed, for example.
    `others` are frames of other code, outermost first.
    """

    head: str
    frame: str
    tail: str
    lead: str
    others: tuple[str, ...]
    outside_in: bool = False


_JVM = (
    "\tat java.base/java.lang.Thread.run(Thread.java:840)",
    "\tat com.acme.Main.main(Main.java:14)",
)
_GDB = ("#9  0x00007f2b17a3 in __libc_start_main () from /lib/libc.so.6", "#8  0x0055d1 in ?? ()")
_NATIVE = TraceFormat(
    "Program received signal SIGSEGV, Segmentation fault.\n(gdb) bt",
    "#{number}  0x000055d0c3a1{line:04x} in {function} (arg=0x7ffd1c2e) at {path}:{line}",
    "",
    "/build/src/",
    _GDB,
)

TRACES = {
    "python": TraceFormat(
        "Traceback (most recent call last):",
        '  File "{path}", line {line}, in {function}\n    {code}',
        "{error}: {message}",
        "/home/ana/shop/.venv/lib/python3.11/site-packages/",
        (
            '  File "/home/ana/shop/manage.py", line 31, in <module>\n    main()',
            '  File "/home/ana/shop/orders/views.py", line 88, in checkout\n    return render(cart)',
        ),
        outside_in=True,
    ),
    "javascript": TraceFormat(
        "{error}: {message}",
        "    at {function} (/srv/app/node_modules/{path}:{line}:11)",
        "",
        "",
        (
            "    at node:internal/main/run_main_module:28:49",
            "    at Object.<anonymous> (/srv/app/server.js:9:5)",
        ),
    ),
    "java": TraceFormat(
        'Exception in thread "main" java.lang.{error}: {message}',
        "\tat org.example.{symbol}({file}:{line})",
        "",
        "",
        _JVM,
    ),
    "go": TraceFormat(
        "panic: {message}\n\ngoroutine 1 [running]:",
        "main.{function}(0xc000112000, 0x2)\n\t{path}:{line} +0x1d4",
        "exit status 2",
        "/root/go/pkg/mod/github.com/x/",
        (
            "runtime.main()\n\t/usr/local/go/src/runtime/proc.go:271 +0x29d",
            "main.main()\n\t/app/main.go:12 +0x17",
        ),
    ),
    "rust": TraceFormat(
        "thread 'main' panicked at {path}:{line}:9:\n{message}\nstack backtrace:",
        "   {number}: {symbol}\n             at {path}:{line}:9",
        "note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.",
        "./",
        (
            "  12: std::rt::lang_start\n             at /rustc/9fc6b/library/std/src/rt.rs:166:17",
            "  11: main",
        ),
    ),
    "c": _NATIVE,
    "cpp": TraceFormat(
        "==4121==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010\nREAD of size 8",
        "    #{number} 0x55c4a8e3{line:04x} in {function} {path}:{line}:9",
        "SUMMARY: AddressSanitizer: heap-use-after-free {path}:{line}:9 in {function}",
        "/home/ci/work/",
        (
            "    #9 0x7f2b17 in __libc_start_main (/lib/libc.so.6+0x29d8f)",
            "    #8 0x55c4 in main /home/ci/app/main.cc:20:3",
        ),
    ),
    "csharp": TraceFormat(
        "Unhandled exception. System.{error}: {message}",
        "   at {symbol}(IDbConnection cnn, String sql) in C:\\projects\\lib\\{backslashed}:line {line}",
        "",
        "",
        ("   at Shop.Program.Main(String[] args) in C:\\shop\\Program.cs:line 17",),
    ),
    "ruby": TraceFormat(
        "",
        "{path}:{line}:in `{function}'",
        "",
        "/usr/local/bundle/gems/lib-3.1.0/",
        ("config.ru:7:in `block in <main>'", "/app/lib/app.rb:22:in `call'"),
    ),
    "php": TraceFormat(
        "PHP Fatal error:  Uncaught {error}: {message} in {path}:{line}\nStack trace:",
        "#{number} {path}({line}): {function}(Object(Closure), Array)",
        "  thrown in {path} on line {line}",
        "/var/www/html/vendor/acme/lib/src/",
        ("#8 {main}", "#7 /var/www/html/public/index.php(51): handle()"),
    ),
    "elixir": TraceFormat(
        "** ({error}) {message}",
        "    (lib 1.7.2) {path}:{line}: {symbol}/2",
        "",
        "lib/",
        (
            "    (stdlib 5.2) proc_lib.erl:241: :proc_lib.init_p_do_apply/3",
            "    (shop 0.1.0) lib/shop/cart.ex:14: Shop.Cart.add/2",
        ),
    ),
    "haskell": TraceFormat(
        "app: {message}\nCallStack (from HasCallStack):",
        "  {function}, called at {path}:{line}:13 in lib-2.2.1.0-inplace",
        "",
        "src/",
        ("  main, called at app/Main.hs:9:3 in main:Main",),
    ),
    "lua": TraceFormat(
        "E5108: Error executing lua: {path}:{line}: {message}\nstack traceback:",
        "        {path}:{line}: in function '{function}'",
        "",
        "/home/ana/.local/share/nvim/lazy/plugin/lua/",
        ("        [C]: in function 'pcall'", '        [string ":lua"]:1: in main chunk'),
    ),
    "zig": TraceFormat(
        "thread 8841 panic: {message}",
        "{path}:{line}:17: 0x1034{line:04x} in {function} (app)\n        {code}\n                ^",
        "",
        "/home/ana/app/",
        ("/usr/lib/zig/std/start.zig:524:37: 0x1033 in posixCallMainAndExit (app)",),
    ),
}
TRACES["typescript"] = TRACES["javascript"]
TRACES["kotlin"] = TRACES["scala"] = TRACES["java"]

OUTPUTS = {
    "python": (
        "_______________________________ test_checkout _______________________________\n\n"
        ">   {code}\nE   {error}: {message}\n\n{path}:{line}: {error}\n"
        "=========================== short test summary info ===========================\n"
        "FAILED tests/test_shop.py::test_checkout - {error}: {message}\n1 failed, 41 passed in 3.02s",
    ),
    "javascript": (
        "  ● checkout › pays\n\n    {error}: {message}\n\n    > {line} | {code}\n         |        ^\n\n"
        "      at {function} ({path}:{line}:9)\n      at Object.<anonymous> (test/shop.test.js:12:5)\n\n"
        "Tests:       1 failed, 8 passed, 9 total",
    ),
    "typescript": (
        "{path}({line},9): error TS2345: Argument of type 'string' is not assignable to parameter of type"
        " '{function}'.\n\nFound 1 error.",
        " FAIL  test/shop.test.ts > checkout\n{error}: {message}\n ❯ {function} {path}:{line}:11\n"
        " ❯ test/shop.test.ts:12:5\n\n Test Files  1 failed (1)",
    ),
    "java": (
        "[ERROR] {path}:[{line},25] incompatible types: String cannot be converted to {function}\n"
        "[INFO] BUILD FAILURE\n[INFO] Total time:  4.511 s",
        "[ERROR] shop.CheckoutTest.pays  Time elapsed: 0.03 s  <<< ERROR!\njava.lang.{error}: {message}\n"
        "\tat org.example.{symbol}({file}:{line})\n\tat shop.CheckoutTest.pays(CheckoutTest.java:40)",
    ),
    "kotlin": ("e: file:///home/ci/work/{path}:{line}:17 Unresolved reference: {function}\n> Task :compileKotlin FAILED",),
    "scala": ("[error] /home/ci/work/{path}:{line}:12: value {function} is not a member of Any\n[error] one error found",),
    "go": (
        "# example.com/lib\n./{path}:{line}:2: undefined: {function}\nFAIL\texample.com/lib [build failed]",
        "--- FAIL: TestCheckout (0.00s)\n    {file}:{line}: {message}\nFAIL\nexit status 1",
    ),
    "rust": (
        "error[E0277]: the trait bound `Cart: {function}` is not satisfied\n  --> {path}:{line}:9\n   |\n"
        "{line} | {code}\n   |         ^^^^ the trait is not implemented\n\nerror: could not compile `lib`",
    ),
    "c": ("{path}: In function '{function}':\n{path}:{line}:5: error: called object is not a function\n"
          "  {line} | {code}\n      |     ^\nmake: *** [Makefile:402: all] Error 1",),
    "cpp": ("/home/ci/work/{path}:{line}:14: error: no matching function for call to '{function}'\n"
            "    {code}\n    ^~~~~~\n1 error generated.\nninja: build stopped: subcommand failed.",),
    "csharp": ("{backslashed}({line},21): error CS1503: Argument 1: cannot convert from 'string' to '{function}'"
               " [C:\\shop\\Shop.csproj]\n    1 Error(s)",),
    "ruby": ("Failures:\n\n  1) Checkout pays\n     Failure/Error: {code}\n\n     {error}:\n       {message}\n"
             "     # ./{path}:{line}:in `{function}'\n     # ./spec/shop_spec.rb:9:in `block'\n\n1 example, 1 failure",),
    "php": ("1) ShopTest::testCheckout\n{error}: {message}\n\n/var/www/html/src/{path}:{line}\n"
            "/var/www/html/tests/ShopTest.php:31\n\nERRORS!\nTests: 12, Assertions: 30, Errors: 1.",),
    "elixir": ("  1) test checkout (ShopTest)\n     test/shop_test.exs:5\n     ** ({error}) {message}\n     code: pay()\n"
               "     stacktrace:\n       lib/{path}:{line}: {symbol}/1\n\n1 test, 1 failure",),
    "haskell": ("src/{path}:{line}:13: error: [GHC-83865]\n    • Couldn't match expected type 'Text' with actual type"
                " 'String'\n    • In the first argument of '{function}'\n   |\n{line} | {code}\n",),
    "lua": ("Failure → tests/shop_spec.lua @ 12\ncheckout pays\n./lua/{path}:{line}: {message}\n1 success / 1 failure",),
    "zig": ("{path}:{line}:9: error: expected type 'usize', found '{function}'\n        {code}\n        ^~~~~~\n",),
}  # fmt: skip
"""The output of compilers and test runners; where there are several, they take turns."""

ERRORS = {
    "python": r"raise (?P<error>\w+)\(\s*f?[\"'](?P<message>[^\"']{8,90})[\"']",
    "javascript": r"throw new (?P<error>\w*Error)\([\"'`](?P<message>[^\"'`]{8,90})",
    "java": r"throw (?:new )?(?P<error>\w+(?:Exception|Error))\(\s*\"(?P<message>[^\"]{8,90})\"",
    "go": r"(?P<error>Errorf|panic|errors\.New)\(\"(?P<message>[^\"]{8,90})\"",
    "ruby": r"raise (?P<error>[A-Z]\w+(?:::\w+)*),?\s*\(?\"(?P<message>[^\"]{8,90})\"",
    "php": r"throw new (?P<error>\w+)\(\s*[\"'](?P<message>[^\"']{8,90})[\"']",
    "elixir": r"raise (?P<error>[A-Z]\w+(?:\.\w+)*)?,?\s*\"(?P<message>[^\"]{8,90})\"",
    "rust": r"(?P<error>panic!|expect|custom)\(\s*\"(?P<message>[^\"]{8,90})\"",
    "haskell": r"(?P<error>error|fail) \$? ?\"(?P<message>[^\"]{8,90})\"",
    "lua": r"(?P<error>error|notify|warn)\(\"(?P<message>[^\"]{8,90})\"",
    "zig": r"@(?P<error>panic|compileError)\(\"(?P<message>[^\"]{8,90})\"",
    "c": r"(?P<error>serverPanic|serverLog)\([A-Z_|]*,?\s*\"(?P<message>[^\"]{8,90})\"",
    "cpp": r"(?P<error>JSON_THROW|LOG|CHECK)\(.*\"(?P<message>[^\"]{8,90})\"",
}
ERRORS["typescript"] = ERRORS["javascript"]
ERRORS["kotlin"] = ERRORS["scala"] = ERRORS["csharp"] = ERRORS["java"]

TITLES = (
    "Crash in production since the upgrade",
    "It fails when I save twice",
    "{error} out of nowhere",
    "Unexpected {error}",
    "Build broken on CI",
    "500 on every second request",
    "Regression in the last release",
    "Cannot start after updating dependencies",
    "Works on my machine, fails in the container",
    "{message}",
)
PROSE = (
    "We upgraded last week, and since then this happens a few times per hour. I could not reproduce it"
    " with a small script yet, but here is what we see in the logs. Rolling back helps.",
    "Steps to reproduce:\n1. create a new project\n2. add two items to the cart\n3. press save\n\nExpected: it is"
    " saved.\nActual: see below.",
    "Hi! Thanks for this great library. I am new to it, so maybe I am holding it wrong.",
    "- [x] I searched the existing issues\n- [x] I use the latest version\n\n### What happened?",
)
ENDINGS = (
    "Environment\n- OS: Ubuntu 22.04 (x86_64)\n- Docker 24.0.7\n- 16 GB memory\n\nAny idea what could cause this?",
    "```\nPackage        Version\n-------------- -------\npip            23.3.1\nsetuptools     69.0.2\nwheel          0.42.0\n```",
    "Related: #4711, #815. Happy to send a pull request if somebody gives me a hint where to look.",
    "",
)
LOG = (
    "2026-03-02 11:20:07,113 INFO  starting worker 3 of 8\n2026-03-02 11:20:07,408 DEBUG connection established"
    " to db-1.internal:5432\n2026-03-02 11:20:09,001 WARN  slow request: 1893 ms\n",
    "$ make test\n",
    "",
)
