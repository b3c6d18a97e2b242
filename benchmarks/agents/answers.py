"""Ask 100 questions about 10 trees as an agent does; compare with an agent that uses grep.

    python -m benchmarks.agents.answers --checkouts DIR [--json FILE] [--transport]

`--checkouts` is the folder that `benchmarks.quality.checkouts` makes. Each question has one
file that answers it. The benchmark measures, with a warm server:

- *within budget*: no tokenizer counts more than `max_tokens` tokens in the first answer;
- *right file*: the first answer names the file, as source or as a location;
- *milliseconds*: the duration of the call, in this process (`calls`), or with `--transport` through
  `lode mcp` and the SDK's client over standard input and output;
- *tokens until the right file is read*: the tokens of the first answer, plus the tokens of the
  files that the agent then reads in the order of the answer, up to and including the right one;
- the same token count for an agent that follows the loop of `grep_and_read` instead.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from benchmarks.agents.grep_and_read import grep_and_read
from benchmarks.agents.reading import TOKENIZERS, read_cost, tokens
from codelode.index import Index
from codelode.mcp.calls import Calls
from codelode.mcp.roots import Roots

BUDGET = 2000
_FIRST = re.compile(r"^(\S+?):\d+", re.MULTILINE)

Ask = Callable[[str], str]


@dataclass(frozen=True)
class Result:
    """The measurements of one question; a cost is None if the agent never read the right file."""

    tree: str
    query: str
    tokens: int
    within_budget: bool
    right_file: bool
    milliseconds: float
    search_cost: int | None
    grep_cost: int | None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--checkouts", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--transport", action="store_true")
    options = parser.parse_args()
    asked = json.loads((Path(__file__).parent / "questions.json").read_text("utf-8"))
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder:
        for tree, questions in asked.items():
            root = options.checkouts / tree
            Index.open(root, index_dir=folder).update()
            results += measure(root, folder, questions, options.transport)
    report(results)
    if options.json:
        options.json.write_text(json.dumps([asdict(each) for each in results], indent=1))


def measure(
    root: Path, index_dir: str, questions: Sequence[dict[str, str]], transport: bool
) -> list[Result]:
    """Ask each question about one tree twice; measure only the second, warm call."""
    if transport:
        from benchmarks.agents.transport import asking

        with asking(root, index_dir) as ask:
            return [_result(root, each, ask) for each in questions for _ in [ask(each["query"])]]
    calls = Calls(Roots.open([str(root)], index_dir))
    return [
        _result(root, each, partial(_call, calls))
        for each in questions
        for _ in [_call(calls, each["query"])]
    ]


def _call(calls: Calls, query: str) -> str:
    return calls.run("search", {"query": query, "max_tokens": BUDGET})


def _result(root: Path, question: dict[str, str], ask: Ask) -> Result:
    began = time.perf_counter()
    text = ask(question["query"])
    seconds = time.perf_counter() - began
    named = list(dict.fromkeys(_FIRST.findall(text)))
    cost: int | None = tokens(text)
    for path in named:
        cost = None if cost is None else cost + read_cost(root / path)
        if path == question["file"]:
            break
    else:
        cost = None
    return Result(
        tree=root.name,
        query=question["query"],
        tokens=tokens(text),
        within_budget=max(len(each.encode(text)) for each in TOKENIZERS) <= BUDGET,
        right_file=question["file"] in named,
        milliseconds=1000 * seconds,
        search_cost=cost,
        grep_cost=grep_and_read(root, question["query"], question["file"]),
    )


def report(results: Sequence[Result]) -> None:
    """Print the figures of all results, and the questions whose first answer missed the file."""
    times = sorted(each.milliseconds for each in results)
    print(f"questions                     {len(results)}")
    print(f"within {BUDGET} tokens            {sum(each.within_budget for each in results)}")
    print(f"right file in first answer    {sum(each.right_file for each in results)}")
    print(f"tokens of an answer, median   {statistics.median(e.tokens for e in results):.0f}")
    print(f"ms p50 / p95 / max            {times[len(times) // 2]:.1f} / "
          f"{times[int(len(times) * 0.95)]:.1f} / {times[-1]:.1f}")  # fmt: skip
    both = [each for each in results if each.search_cost and each.grep_cost]
    for name, costs in (
        ("search and read", [each.search_cost for each in results]),
        ("grep and read", [each.grep_cost for each in results]),
    ):
        found = [cost for cost in costs if cost is not None]
        print(f"{name:15} found {len(found):3}, tokens median {statistics.median(found):7.0f},"
              f" mean {statistics.mean(found):7.0f}")  # fmt: skip
    ratios = [each.grep_cost / each.search_cost for each in both
              if each.grep_cost and each.search_cost]  # fmt: skip
    totals = [sum(getattr(each, name) for each in both) for name in ("grep_cost", "search_cost")]
    print(f"grep / search, both found {len(both)}: median {statistics.median(ratios):.1f},"
          f" totals {totals[0] / totals[1]:.1f}")  # fmt: skip
    for each in results:
        if not each.right_file:
            print(f"missed: {each.tree}: {each.query}")


if __name__ == "__main__":
    main()
