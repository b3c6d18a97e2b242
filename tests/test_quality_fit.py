"""The fit: a convex loss with one minimum, features computed by hand, held-out data unused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.quality import cosqa
from benchmarks.quality.dataset import Target
from benchmarks.quality.fit import print_weights
from benchmarks.quality.fit_cases import (
    ALL_FEATURES,
    COSQA_FOLDS,
    Case,
    CaseMaker,
    collect,
    load_cases,
    save_cases,
)
from benchmarks.quality.fit_choice import best_plan, by_set, cross_validate, folds_of, judged
from benchmarks.quality.fit_features import stem_of
from benchmarks.quality.fit_model import (
    WEIGHT_OF_SET,
    Plan,
    Table,
    best_rows,
    fit_tables,
    lists_of,
    present_scores,
)
from benchmarks.quality.set_command import Settings
from benchmarks.quality.softmax import Lists, fit, loss, spread
from codelode import Index
from codelode.search.rank import FIXED, WEIGHTS

GENERATOR = np.random.default_rng(4)


def random_lists(count: int, features: int, truth: NDArray[np.float64]) -> Lists:
    """Return lists whose right row is drawn by a softmax of the scores under the true weights."""
    tables, rights = [], []
    for _ in range(count):
        table = GENERATOR.normal(size=(int(GENERATOR.integers(2, 12)), features))
        scores = table @ truth
        chances = np.exp(scores - scores.max())
        right = np.zeros(len(table), bool)
        right[GENERATOR.choice(len(table), p=chances / chances.sum())] = True
        tables.append(table)
        rights.append(right)
    return Lists.of(tables, rights, [1.0] * count)


def plain_loss(lists: Lists, weights: NDArray[np.float64]) -> float:
    """Return the cross-entropy, computed by a plain loop."""
    total = 0.0
    stops = [*lists.starts[1:].tolist(), len(lists.rows)]
    for number, (start, stop) in enumerate(zip(lists.starts.tolist(), stops, strict=True)):
        scores = lists.rows[start:stop] @ weights
        chances = np.exp(scores) / np.exp(scores).sum()
        entropy = -float((lists.wanted[start:stop] * np.log(chances)).sum())
        total += float(lists.weights[number]) * entropy
    return total


def test_the_loss_is_that_of_a_plain_loop() -> None:
    lists = random_lists(30, 4, np.zeros(4))
    weights = GENERATOR.normal(size=4)
    assert loss(lists, weights) == pytest.approx(plain_loss(lists, weights))
    assert loss(lists, weights + 0.0) == loss(lists, weights)


def test_the_true_weights_are_found_again() -> None:
    truth = np.array([2.0, -1.0, 0.0, 0.5])
    found = fit(random_lists(3000, 4, truth), 1e-5)
    assert found == pytest.approx(truth, abs=0.15)


def test_fixed_scores_are_taken_into_account() -> None:
    """If the fixed scores explain the order, the fitted weights are near zero."""
    truth = np.array([2.0, -1.0])
    lists = random_lists(2000, 2, truth)
    explained = replace(lists, fixed=lists.rows @ truth)
    assert fit(explained, 1e-4) == pytest.approx(np.zeros(2), abs=0.15)
    assert loss(explained, np.zeros(2)) == pytest.approx(loss(lists, truth))


def test_the_fitted_weights_are_the_minimum() -> None:
    lists, penalty = random_lists(200, 3, np.array([1.0, 0.0, -1.0])), 1e-2
    scale = spread(lists)
    best = fit(lists, penalty)

    def value(weights: NDArray[np.float64]) -> float:
        return plain_loss(lists, weights) + penalty / 2 * float(((weights * scale) ** 2).sum())

    for _ in range(50):
        assert value(best) <= value(best + GENERATOR.normal(scale=0.05, size=3))


def test_the_start_of_the_search_does_not_matter() -> None:
    lists = random_lists(200, 3, np.array([1.0, 0.0, -1.0]))
    far = np.array([-3.0, 5.0, 2.0])
    assert fit(lists, 1e-2, far) == pytest.approx(fit(lists, 1e-2), abs=1e-3)


def test_a_larger_penalty_gives_smaller_weights() -> None:
    lists = random_lists(200, 3, np.array([1.0, 2.0, -1.0]))
    sizes = [float(np.linalg.norm(fit(lists, penalty))) for penalty in (1e-4, 1e-2, 1.0)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 2 * sizes[2]


@given(st.floats(0.1, 100.0), st.floats(-5.0, 5.0))
def test_units_and_offsets_of_features_do_not_matter(unit: float, offset: float) -> None:
    generator = np.random.default_rng(9)
    tables = [generator.normal(size=(5, 2)) for _ in range(20)]
    rights = [generator.permutation([True, False, False, False, False]) for _ in tables]
    plain = Lists.of(tables, rights, [1.0] * 20)
    other = [np.column_stack((table[:, 0] * unit + offset, table[:, 1])) for table in tables]
    found = fit(Lists.of(other, rights, [1.0] * 20), 1e-2)
    assert found * np.array([unit, 1.0]) == pytest.approx(fit(plain, 1e-2), abs=1e-3)


def test_a_feature_that_never_varies_gets_no_weight() -> None:
    tables = [np.column_stack((GENERATOR.normal(size=4), np.full(4, 7.0))) for _ in range(20)]
    rights = [np.array([True, False, False, False])] * 20
    assert fit(Lists.of(tables, rights, [1.0] * 20), 1e-2)[1] == pytest.approx(0.0)


def case(fold: str, right: int, value: str = "mixed", n: int = 12) -> Case:
    """Return a case with noise in all fitted features, whose right file has the highest "bm25"."""
    features = GENERATOR.normal(size=(n, len(ALL_FEATURES))).astype(np.float32)
    features[:, [ALL_FEATURES.index(name) for name in FIXED]] = 0
    shown = np.zeros((n, 1), bool)
    shown[right] = True
    features[right, ALL_FEATURES.index("bm25")] += 3
    files = np.arange(n, dtype=np.int64)
    return Case(value, fold, fold, f"{fold} {right}", False, features, files, shown)


def test_scores_are_those_of_the_rank_of_the_right_file() -> None:
    one = case("a", 3)
    scores = np.zeros(12)
    assert one.score(scores) == 0.25  # ties stay in order
    scores[3] = 1.0
    assert one.score(scores) == 1.0
    scores[3] = -1.0
    assert one.score(scores) == 0.0


def test_a_file_has_a_row_for_its_best_right_and_its_best_wrong_chunk() -> None:
    one = case("a", 3, n=6)
    one.files[:] = [0, 0, 1, 1, 1, 2]
    table = Table.of(one, ["bm25"])
    rows = best_rows(table, np.array([1.0, 2.0, 9.0, 3.0, 4.0, 0.0]))
    assert rows.tolist() == [1, 2, 3, 5]
    assert table.right[rows].tolist() == [False, False, True, False]


def test_folds_cover_every_repository_once() -> None:
    cases = [case(name, 0) for name in "abcdefg"]
    folds = folds_of(cases, 3, 1)
    assert sorted(name for fold in folds for name in fold) == list("abcdefg")
    assert folds == folds_of(cases, 3, 1) != folds_of(cases, 3, 2)


def test_the_repositories_of_each_set_are_spread_over_the_folds() -> None:
    cases = [case(f"{name} {i}", 0, name) for name in ("ndcg", "mixed", "cosqa") for i in range(8)]
    for fold in folds_of(cases, 4, 7):
        assert sorted(name.partition(" ")[0] for name in fold) == [
            *["cosqa"] * 2,
            *["mixed"] * 2,
            *["ndcg"] * 2,
        ]


PLAN = Plan(WEIGHT_OF_SET)


def tables_of(cases: list[Case], *names: str) -> list[Table]:
    return [Table.of(one, names) for one in cases]


def test_what_tells_right_files_is_learned_and_holds_where_it_was_not_seen() -> None:
    cases = [case(f"repository {i % 10}", i % 12) for i in range(120)]
    tables = tables_of(cases, "cosine", "bm25", "test")
    weights = fit_tables(tables, replace(PLAN, penalty=1e-3))
    assert weights[1] > 3 * max(abs(weights[0]), abs(weights[2]))
    found = cross_validate(tables, PLAN, 5, [0], nested=False)
    assert by_set(cases, found)["mixed"]["value"] > 0.8


def test_a_repository_left_out_is_not_learned_from() -> None:
    cases = [case(f"repository {i % 6}", i % 12) for i in range(24)]
    odd = case("odd one out", 5)
    odd.features[:, ALL_FEATURES.index("bm25")] *= -1  # its right file has the lowest "bm25"
    weights = fit_tables(tables_of(cases, "bm25"), PLAN)
    assert odd.score(Table.of(odd, ["bm25"]).scores(weights)) == 0.0
    tables = tables_of([*cases, odd], "bm25")
    for nested in (False, True):
        assert cross_validate(tables, PLAN, 2, [0], nested=nested)[-1] == 0.0


def test_queries_that_a_fixed_weight_decides_are_not_fitted_to_but_count() -> None:
    cases = [case(f"repository {i % 2}", 3) for i in range(8)]
    for one in cases[2:8:2]:  # three of the four cases of the first repository
        one.features[3, ALL_FEATURES.index("named")] = 1
    tables = tables_of(cases, "bm25")
    lists = lists_of(tables, PLAN, [table.start for table in tables])
    assert len(lists.starts) == 5
    assert lists.weights == pytest.approx([0.2] * 5)


def test_the_settings_with_the_best_held_out_scores_are_chosen() -> None:
    cases = [case(f"repository {i % 6}", i % 12) for i in range(30)]
    tables = tables_of(cases, "bm25", "test", "depth")

    def value(plan: Plan) -> float:
        return judged(cases, cross_validate(tables, plan, 2, [0], nested=False))

    assert value(best_plan(tables, PLAN, 2, 0)) >= value(PLAN)


def test_sets_are_judged_by_their_weights() -> None:
    cases = [case("a", 0, "mixed"), case("b", 0, "mixed"), case("c", 0, "stdlib")]
    assert judged(cases, [1.0, 0.0, 1.0]) == pytest.approx((1.0 * 0.5 + 0.3 * 1.0) / 1.3)


def test_fitted_weights_are_compared_with_those_in_force(
    capsys: pytest.CaptureFixture[str],
) -> None:
    present = {name: value for name, value in WEIGHTS.items() if name not in FIXED}
    assert print_weights({name: value + 0.001 for name, value in present.items()})
    assert f'"bm25": {present["bm25"]},' in capsys.readouterr().out
    assert not print_weights(present | {"bm25": present["bm25"] + 0.01})
    assert not print_weights(present | {"stem_rarity": 0.5})


def test_the_queries_of_cosqa_are_in_ten_folds(tmp_path: Path) -> None:
    (tmp_path / "cosqa").mkdir()
    functions = {f"def f{i}(x):\n    return x + {i}\n": i for i in range(12)}
    questions = [
        {"idx": f"cosqa-{i}", "doc": "python return x", "retrieval_idx": i} for i in range(12)
    ]
    for name, value in ((cosqa.FUNCTIONS, functions), (cosqa.QUESTIONS, questions)):
        (tmp_path / "cosqa" / name).write_text(json.dumps(value))
    cases = list(collect(tmp_path, Settings(index_root=tmp_path / "kept"), ["cosqa"]))
    assert len({one.group for one in cases}) == len(cases) == 12
    assert len({one.fold for one in cases}) == COSQA_FOLDS


def test_cases_are_saved_and_loaded_unchanged(tmp_path: Path) -> None:
    cases = [case("a", 1, n=3), case("b", 0, "ndcg", n=5)]
    save_cases(cases, tmp_path / "cases.npz")
    for kept, back in zip(cases, load_cases(tmp_path / "cases.npz"), strict=True):
        assert (back.set, back.fold, back.query) == (kept.set, kept.fold, kept.query)
        assert np.array_equal(back.features, kept.features)
        assert np.array_equal(back.files, kept.files)
        assert np.array_equal(back.shown, kept.shown)


def test_names_that_say_nothing_are_replaced_by_their_folders() -> None:
    assert stem_of("src/parse/mod.rs") == "parse"
    assert stem_of("a/b/__init__.py") == "b"
    assert stem_of("src/worker.test.ts") == "worker"
    assert stem_of(".travis.yml") == "travis"
    assert stem_of("main.go") == "main"


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    tree = tmp_path / "tree"
    (tree / "tests").mkdir(parents=True)
    (tree / "retry_policy.py").write_text(
        "def next_delay(attempt):\n    fail('attempt must not be negative in retry_policies')\n"
    )
    (tree / "clock.py").write_text("import retry_policy\n\n\ndef now():\n    return 0\n")
    (tree / "tests" / "test_retry.py").write_text("def test_delay():\n    assert attempt\n")
    (tree / "notes.md").write_text("# Notes\n\nAn attempt must not be repeated at once.\n")
    index = Index.open(tree, index_dir=tmp_path / "index")
    index.update()
    return CaseMaker(index)


def column(one: Case, path: str, name: str) -> float:
    """Return a feature of the only candidate in a file."""
    target = one.shown.argmax(axis=0)
    rows = dict(zip(PATHS, target.tolist(), strict=True))
    return float(one.features[rows[path], ALL_FEATURES.index(name)])


PATHS = ("retry_policy.py", "clock.py", "tests/test_retry.py", "notes.md")
ASKED = "attempt must not be negative in retry policies"


def test_a_case_has_the_features_of_all_its_candidates(maker: CaseMaker) -> None:
    one = maker.make("mixed", "g", "f", ASKED, [Target(path) for path in PATHS])
    assert one is not None
    assert one.features.shape == (4, len(ALL_FEATURES))
    assert one.shown.sum(axis=0).tolist() == [1, 1, 1, 1]

    def value(path: str, name: str) -> float:
        return column(one, path, name)

    assert value("retry_policy.py", "name_loose") == pytest.approx(0.975)
    assert value("clock.py", "name_loose") == 0.0
    assert value("retry_policy.py", "run") == 1.0
    assert value("notes.md", "run") == 0.0
    assert value("retry_policy.py", "stem_loose") > value("clock.py", "stem_loose") == 0.0
    assert value("retry_policy.py", "stem_rarity") > 0.0
    assert value("notes.md", "docs") == 1.0
    assert value("clock.py", "docs") == 0.0
    assert value("tests/test_retry.py", "depth") == pytest.approx(np.log(2))
    # A file of one chunk: its mean is the vector of the chunk.
    assert value("clock.py", "file_mean") == pytest.approx(value("clock.py", "cosine"), abs=0.01)


def test_a_query_about_tests_is_distinguished_from_others(maker: CaseMaker) -> None:
    targets = [Target(path) for path in PATHS]
    plain = maker.make("mixed", "g", "f", ASKED, targets)
    asking = maker.make("mixed", "g", "f", "tests of the delay of attempts", targets)
    assert plain is not None
    assert asking is not None
    assert column(plain, "tests/test_retry.py", "test_asked") == 0.0
    assert 0.2 < column(asking, "tests/test_retry.py", "test_asked") < 0.8
    assert column(asking, "clock.py", "test_asked") == 0.0


def test_a_case_is_answered_as_the_search_answers(maker: CaseMaker) -> None:
    hits = maker.index.search(ASKED)
    one = maker.make("mixed", "g", "f", ASKED, [Target(hits[1].path)])
    assert one is not None
    assert one.score(present_scores(one)) == 0.5


def test_a_query_that_is_refused_makes_no_case(maker: CaseMaker) -> None:
    assert maker.make("mixed", "g", "f", "   ", []) is None
