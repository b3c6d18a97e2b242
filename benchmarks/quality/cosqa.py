"""Measure whether functions are found in files with meaningless names (CoSQA, dev split).

    python -m benchmarks.quality.cosqa --cosqa DIR [--mode MODE] [--json FILE] [--against FILE]
        [--index-root DIR] [--jobs N]

The set has 500 queries of web users and 6,267 Python functions (Huang et al., "CoSQA: 20,000+ web
queries for code search and question answering", 2021). Each function is in a file
named by a number. `DIR` is the folder `data/search` of the authors' repository. Only the dev split
is read; the test split is held out. Scores: `mrr` over the first 100 hits, hit@1, hit@10.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.quality.runs import bring_up_to_date, hits_of, index_folder, rank_scores
from benchmarks.quality.set_command import Settings, finish, set_parser, settings_of
from benchmarks.quality.set_run import Row, SetRun, summarize

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FUNCTIONS = "code_idx_map.txt"
QUESTIONS = "cosqa-retrieval-dev-500.json"
DEPTH = 100
RANKS = (1, 10)
_PER_FOLDER = 100


def main() -> None:
    """Write the functions as files, run the queries, and print and compare the results."""
    parser = set_parser("cosqa", __doc__)
    parser.add_argument("--cosqa", type=Path, required=True, help="the folder data/search")
    options = parser.parse_args()
    finish(run(options.cosqa, settings_of(options)), options)


def run(data: Path, settings: Settings) -> SetRun:
    """Run the queries of the dev split."""
    functions = json.loads((data / FUNCTIONS).read_text(encoding="utf-8"))
    questions = json.loads((data / QUESTIONS).read_text(encoding="utf-8"))
    with (
        function_tree(functions, settings.index_root) as tree,
        index_folder(settings.index_root, "cosqa") as folder,
    ):
        index, _ = bring_up_to_date(tree, folder, rebuild=settings.rebuild, model=settings.model)
        rows = []
        for question in questions:
            path = file_of(question["retrieval_idx"])
            hits = hits_of(index, question["doc"], settings.mode, DEPTH)
            found = (rank for rank, hit in enumerate(hits, 1) if hit.path == path)
            rows.append(
                Row(
                    group=question["idx"],
                    kind="dev",
                    tags=[],
                    query=question["doc"],
                    right=[path],
                    scores=rank_scores(next(found, None), RANKS),
                    hits=[hit.path for hit in hits[:10]],
                )
            )
    return summarize("cosqa", settings.mode, rows)


def file_of(number: int) -> str:
    """Return the path of a function's file; folder and file are named by numbers."""
    return f"{number // _PER_FOLDER:02}/{number:04}.py"


@contextmanager
def function_tree(functions: Mapping[str, int], keep: Path | None) -> Iterator[Path]:
    """Provide a tree with one file per function: temporary, or kept below `keep`."""
    with tempfile.TemporaryDirectory(prefix="codelode-cosqa-") as scratch:
        tree = (keep or Path(scratch)) / "trees" / "cosqa"
        if not tree.is_dir():
            fresh = Path(scratch, "fresh")
            for code, number in functions.items():
                file = fresh / file_of(number)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(code + "\n", encoding="utf-8", errors="surrogatepass")
            tree.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(fresh, tree)
        yield tree


if __name__ == "__main__":
    main()
