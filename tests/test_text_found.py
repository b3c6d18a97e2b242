"""Texts copied from a tree are found, although the tree has near misses."""

from __future__ import annotations

from pathlib import Path

import pytest

from codelode import Index

WORDS = (
    "如果用户不存在就返回空列表，否则返回用户的订单",
    "人々のデータを処理する",
    "ｺﾝﾋﾟｭｰﾀの設定",
    "ราคาสินค้าทั้งหมด",
    "हिन्दी में खोज करें",
    "مُحَمَّد يكتب البرنامج",
    "проверить_остаток на складе",
)


def index_of(tmp_path: Path, tree: dict[str, str]) -> Index:
    for name, text in tree.items():
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    index = Index.open(tmp_path / "tree", index_dir=tmp_path / "index")
    index.update()
    return index


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Return an index with a file for each key, and as many files with near misses of the keys."""
    found = {f"module_{i}.py": f"# {comment}\nvalue_{i} = {i}\n" for i, comment in enumerate(WORDS)}
    for i, key in enumerate(KEYS):
        others = " ".join(f"'{other}'" for other in KEYS[key])
        found[f"right_{i}.py"] = f"# About things.\nRIGHT = '{key}'\n"
        found[f"wrong_{i}.py"] = f"# About things.\nWRONG = [{others}]\n" + f"# {others}\n" * 3
    return index_of(tmp_path_factory.mktemp("keys"), found)


KEYS = {
    "50051": ["50052", "150051", "5005"],
    "0x80070005": ["0x80070006", "0x8007", "80070005"],
    "PROJ-48213": ["PROJ-48214", "PROJ 48213", "OTHER-48213"],
    "CVE-2021-44228": ["CVE-2021-44229", "CVE-2020-44228", "CVE 2021 44228"],
    "v1.24.3": ["v1.24.4", "v1.3.24", "v1 24 3"],
    "550e8400-e29b-41d4-a716-446655440000": ["550e8400-e29b-41d4-a716-446655440001"],
    "lazyfree-lazy-eviction": ["lazyfree lazy eviction", "lazyfree-lazy-expire eviction"],
    "--lua-filter": ["lua filter", "filter-lua"],
    "spring.datasource.url": ["spring datasource url", "datasource.spring.url"],
    "@scope/pkg": ["scope pkg", "pkg/scope"],
    "lib/flask/ctx.py": ["lib flask ctx py", "ctx/flask/lib.py"],
    "Content-Type": ["content type", "Type-Content"],
    "*.test.ts": ["test ts", "ts.test"],
    "größe-maximal": ["größe maximal", "maximal-größe"],
    "user@example.org": ["user example org", "example@user.org"],
}


@pytest.mark.parametrize("key", KEYS)
def test_keys_are_found_exactly_and_first(keys: Index, key: str) -> None:
    first = keys.search(key, limit=3, mode="lexical")[0]
    assert f"'{key}'" in first.text


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("用户不存在", 0),
        ("税", None),
        (WORDS[0], 0),
        ("データ", 1),
        ("コンピュータ", 2),
        ("ราคา", 3),
        ("สินค้า", 3),
        ("हिन्दी", 4),
        ("محمد", 5),
        ("остаток", 6),
        ("проверить_остаток", 6),
    ],
)
def test_every_script_is_found(keys: Index, query: str, line: int | None) -> None:
    paths = [hit.path for hit in keys.search(query, mode="lexical")]
    assert paths[:1] == ([] if line is None else [f"module_{line}.py"])


def test_a_definition_with_a_very_long_name_is_found(tmp_path: Path) -> None:
    names = [f"test_that_{'a_response_is_read_and_' * n}closed" for n in range(2, 14)]
    assert max(map(len, names)) > 255
    tree = {f"f{i}.py": f"def {name}():\n    pass\n" for i, name in enumerate(names)}
    index = index_of(tmp_path, tree)
    for i, name in enumerate(names):
        hit = index.search(name, limit=1)[0]
        assert hit.path == f"f{i}.py"
        assert hit.symbol == (name if len(name) < 256 else hit.symbol)
        if hit.symbol is not None:
            assert index.search(hit.symbol, limit=1)[0].path == f"f{i}.py"
