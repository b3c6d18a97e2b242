"""The data that weights are fitted to: the queries of all sets, and their candidates' features."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality import bugreports, cosqa, mixed, stdlib
from benchmarks.quality.checked_out import RepositoryTask, drawn, repository_tasks
from benchmarks.quality.checkouts import find_mirror
from benchmarks.quality.ctags import tags_of
from benchmarks.quality.dataset import Target, load_queries, split_by_presence
from benchmarks.quality.draw_names import AS_WRITTEN, NameQuery, draw_names
from benchmarks.quality.draw_verbatim import VerbatimQuery, draw_verbatim
from benchmarks.quality.fit_features import EXTRA, FileFacts, extra_features
from benchmarks.quality.packages import load_packages
from benchmarks.quality.runs import bring_up_to_date, index_folder
from benchmarks.quality.scoring import CUTOFF, Place, matches, ndcg
from codelode.errors import UsageError
from codelode.search.candidates import split_keys
from codelode.search.gather import gather
from codelode.search.gathered import FEATURES
from codelode.search.rank import choose, feature_table
from codelode.search.request import SearchRequest
from codelode.search.searcher import prepare
from codelode.search.shard import Shard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from benchmarks.quality.set_command import Settings
    from codelode import Index

ALL_FEATURES = (*FEATURES, *EXTRA)
SETS = ("ndcg", "mixed", "stdlib", "reports", "titles", "cosqa", "names", "verbatim")
ALL_WANTED = ("ndcg", "reports", "titles")
"""The sets whose queries ask for all of their targets. One of them is enough elsewhere."""

COSQA_FOLDS = 10


@dataclass(frozen=True, slots=True)
class Case:
    """A query and its n candidates.

    `features` float32[n, f] and `files` int64[n] describe the candidates; `shown` bool[n, targets]
    is whether a candidate shows a target.

    `group` is the unit of the bootstrap: a repository, or the query itself. `fold` is the unit of
    cross-validation: a repository (the whole set if it has only one), or a tenth of the queries of
    `cosqa`, whose functions come from hundreds of repositories.
    """

    set: str
    group: str
    fold: str
    query: str
    is_symbol: bool
    features: NDArray[np.float32]
    files: NDArray[np.int64]
    shown: NDArray[np.bool_]

    def score(self, scores: NDArray[np.float64]) -> float:
        """Return the query's score in the measure of its set.

        The measure is NDCG@10 for sets whose queries ask for all targets, else the reciprocal rank.
        `scores` float64[n] are the scores of the candidates, which order them.
        """
        deep = 100 if self.set == "cosqa" else CUTOFF
        found = self.shown[choose(self.files, scores, deep)]
        first = np.where(found.any(axis=0), found.argmax(axis=0) + 1, 0)
        if self.set in ALL_WANTED:
            return ndcg([int(rank) or None for rank in first])
        ranks = first[first > 0]
        return 1 / int(ranks.min()) if len(ranks) else 0.0


class CaseMaker:
    """A maker of cases from the queries that one index answers."""

    def __init__(self, index: Index, lead: str = "") -> None:
        self.index = index
        self.lead = lead
        self.shard = Shard(index.snapshot())
        self.facts = FileFacts(self.shard)

    def make(
        self, name: str, group: str, fold: str, query: str, targets: Sequence[Target]
    ) -> Case | None:
        """Return the case of a query; None if a search refuses the query or finds no candidate."""
        try:
            with self.shard.snapshot.held():
                limit = 100 if name == "cosqa" else CUTOFF
                request = SearchRequest(query, limit=limit)
                context, terms = prepare(self.shard, self.index.encoder(), request)
                gathered = gather(self.shard, context, terms)
                table = feature_table([gathered], context)
        except UsageError:
            return None
        if not len(table.keys):
            return None
        columns = dict(zip(FEATURES, table.features.T, strict=True))
        files, symbols, shown = self._look(table.keys, targets)
        extra = extra_features(self.facts, context, files, symbols, columns)
        return Case(
            set=name,
            group=group,
            fold=fold,
            query=query,
            is_symbol=context.query.is_symbol,
            features=np.hstack((table.features, extra)).astype(np.float32),
            files=table.files,
            shown=shown,
        )

    def _look(
        self, keys: NDArray[np.int64], targets: Sequence[Target]
    ) -> tuple[list[int], list[str], NDArray[np.bool_]]:
        """Return the file and symbol of each candidate, and which targets it shows."""
        files, symbols = [], []
        shown = np.zeros((len(keys), len(targets)), bool)
        for row, (number, ordinal) in enumerate(zip(*map(list, split_keys(keys)), strict=True)):
            segment = self.shard.segment(int(number))
            chunk = segment.chunks[int(ordinal)]
            file, first = int(chunk["file"]), int(chunk["start_line"])
            place = Place(self.lead + segment.path(file), first, first + int(chunk["more_lines"]))
            shown[row] = [matches(place, target) for target in targets]
            files.append(int(number) << 32 | file)
            named = segment.symbol(int(ordinal))
            symbols.append(named[0] if named else "")
        return files, symbols, shown


def collect(data: Path, settings: Settings, sets: Iterable[str] = SETS) -> Iterator[Case]:
    """Yield the cases of `sets`; `data` is the data folder of `benchmarks.quality.all`."""
    wanted = set(sets)
    quality = data / "quality"
    if wanted & {"ndcg", "names", "verbatim"}:
        for task in repository_tasks(data / "checkouts", quality, settings, seed=0):
            print(task.repository.name, file=sys.stderr)
            yield from _of_repository(task, data / "checkouts", quality, wanted)
    if "mixed" in wanted:
        yield from _mixed(data / "packages", settings)
    if "stdlib" in wanted:
        yield from _stdlib(settings)
    if "cosqa" in wanted:
        yield from _cosqa(data / "cosqa", settings)
    if wanted & {"reports", "titles"}:
        yield from _reports(quality / "bug-reports.json", data / "mirrors", settings)


def _maker(
    tree: Path, name: str, settings: Settings, lead: str = "", hidden: bool = False
) -> CaseMaker:
    with index_folder(settings.index_root, name) as folder:
        index, _ = bring_up_to_date(tree, folder, rebuild=settings.rebuild, hidden=hidden)
        return CaseMaker(index, lead)


def _of_repository(
    task: RepositoryTask, checkouts: Path, annotations: Path, wanted: set[str]
) -> Iterator[Case]:
    repository, name = task.repository, task.repository.name
    asked: list[tuple[str, str, tuple[Target, ...]]] = []
    lead = f"{repository.root}/" if repository.root not in ("", ".") else ""
    if "ndcg" in wanted:
        queries = load_queries(annotations, name)
        kept, _ = split_by_presence(queries, checkouts / name, repository.root)
        asked += [("ndcg", query.text, query.targets) for query in kept]
    if "names" in wanted:
        named = drawn(task, "names", lambda: draw_names(tags_of(task.tree), f"0 {name}"), NameQuery)
        asked += [
            ("names", query.query, (Target(lead + query.path, query.line, query.line),))
            for query in named
            if query.kind == AS_WRITTEN
        ]
    if "verbatim" in wanted:
        texts = drawn(
            task, "verbatim", lambda: draw_verbatim(task.tree, f"0 {name}"), VerbatimQuery
        )
        asked += [
            ("verbatim", query.query, (Target(lead + query.path, query.line, query.line),))
            for query in texts
        ]
    maker = _maker(task.tree, name, task.settings, lead)
    for set_name, query, targets in asked:
        case = maker.make(set_name, name, name, query, targets)
        if case is not None:
            yield case


def _mixed(packages: Path, settings: Settings) -> Iterator[Case]:
    queries = mixed.load_mixed_queries(mixed.QUERIES)
    for package in load_packages():
        name = package["name"]
        print(name, file=sys.stderr)
        maker = _maker(packages / name, f"package-{name}", settings, hidden=True)
        for query in queries:
            if query["package"] == name:
                targets = [mixed.place_of(text) for text in query["right"]]
                case = maker.make("mixed", name, name, query["query"], targets)
                if case is not None:
                    yield case


def _stdlib(settings: Settings) -> Iterator[Case]:
    library = stdlib.default_library()
    with stdlib.library_tree(library, settings.index_root, False) as tree:
        maker = _maker(tree, f"{tree.name}-index", settings)
        for query in stdlib.load_stdlib_queries(stdlib.QUERIES, library):
            targets = [Target(path) for path in query["files"]]
            text = query["query"]
            case = maker.make("stdlib", text, "stdlib", text, targets)
            if case is not None:
                yield case


def _cosqa(data: Path, settings: Settings) -> Iterator[Case]:
    functions = json.loads((data / cosqa.FUNCTIONS).read_text(encoding="utf-8"))
    questions = json.loads((data / cosqa.QUESTIONS).read_text(encoding="utf-8"))
    with cosqa.function_tree(functions, settings.index_root) as tree:
        maker = _maker(tree, "cosqa", settings)
        for number, question in enumerate(questions):
            target = Target(cosqa.file_of(question["retrieval_idx"]))
            fold = f"cosqa {number % COSQA_FOLDS}"
            case = maker.make("cosqa", question["idx"], fold, question["doc"], [target])
            if case is not None:
                yield case


def _reports(path: Path, mirrors: Path, settings: Settings) -> Iterator[Case]:
    reports = cast("list[bugreports.Report]", json.loads(path.read_text(encoding="utf-8")))
    for project in sorted({report["repository"] for report in reports}):
        name = project.rpartition("/")[2]
        mirror = find_mirror(mirrors, project)
        if mirror is None:
            raise SystemExit(f"no git directory of {project} in {mirrors}")
        own = [report for report in reports if report["repository"] == project]
        with bugreports.tree_folder(settings.index_root, name) as folder:
            tree = bugreports.WorkTree(mirror.resolve(), folder)
            for report in sorted(own, key=lambda report: tree.date(report["base_commit"])):
                tree.check_out(report["base_commit"])
                maker = _maker(tree.folder, f"bugreports-{name}", settings)
                present = (file for file in report["files"] if (tree.folder / file).is_file())
                targets = [Target(file) for file in present]
                if not targets:
                    continue
                title = report["report"].strip().splitlines()[0]
                for set_name, query in (("reports", report["report"]), ("titles", title)):
                    case = maker.make(set_name, report["id"], name, query, targets)
                    if case is not None:
                        yield case


def save_cases(cases: Sequence[Case], path: Path) -> None:
    """Write cases to a file: one array per field, with the values of all cases joined."""
    heads = [
        [case.set, case.group, case.fold, case.query, case.is_symbol, *case.shown.shape]
        for case in cases
    ]
    np.savez_compressed(
        path,
        names=np.array(ALL_FEATURES),
        heads=np.array(json.dumps(heads)),
        features=np.concatenate([case.features for case in cases]),
        files=np.concatenate([case.files for case in cases]),
        shown=np.concatenate([case.shown.ravel() for case in cases]),
    )


def load_cases(path: Path) -> list[Case]:
    """Read a file that `save_cases` wrote. Exits with a message if the features have changed."""
    with np.load(path, allow_pickle=False) as arrays:
        if tuple(arrays["names"].tolist()) != ALL_FEATURES:
            raise SystemExit(f"{path} has other features than there are now: remove it")
        features, files, shown = arrays["features"], arrays["files"], arrays["shown"]
        heads = json.loads(str(arrays["heads"]))
    cases, row, flag = [], 0, 0
    for name, group, fold, query, is_symbol, n, targets in heads:
        cases.append(
            Case(
                set=name,
                group=group,
                fold=fold,
                query=query,
                is_symbol=is_symbol,
                features=features[row : row + n],
                files=files[row : row + n],
                shown=shown[flag : flag + n * targets].reshape(n, targets),
            )
        )
        row, flag = row + n, flag + n * targets
    return cases
