"""The page and its API, over HTTP to a real server process."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from codelode.http.listen import _bind
from tests.commandline import SAMPLE, CommandLine, without, write_tree
from tests.page_hostile import write_hostile_tree
from tests.page_server import Site, serving

LIMIT_BYTES = 100_000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def site(home: Path) -> Iterator[Site]:
    """A server of the sample tree, which has an index."""
    tree = write_tree(home / "tree", SAMPLE)
    (home / "secret.txt").write_text("nobody may read the secret of the retry scheduler\n")
    (tree / "link.txt").symlink_to(home / "secret.txt")
    lode = CommandLine(home)
    lode("index", tree).must_succeed()
    with serving(lode, tree) as found:
        found.wait_until_indexed()
        yield found


def test_results_are_readable_without_a_script(site: Site) -> None:
    page = site.get("/", q="retry with backoff").html
    assert "Retries" not in page.text or "schedule" in page.text
    assert "RetryScheduler" in page.text
    assert "src/retry.py" in page.text
    assert any(href.startswith("/file/src/retry.py?q=") for href in page.values("a", "href"))
    assert page.values("form", "action") == ["/"]
    assert page.values("input", "value") == ["retry with backoff"]


def test_the_fragment_is_the_main_part_of_the_page(site: Site) -> None:
    whole = site.get("/", q="queue").text
    part = site.get("/results", q="queue").text
    timeless = re.compile(r'<span class="time">.*?</span>')
    assert timeless.sub("", part) in timeless.sub("", whole)
    assert "<html" not in part


def test_matches_are_marked_and_code_is_highlighted(site: Site) -> None:
    text = site.get("/results", q="jitter").text
    assert re.search(r"<mark>.{0,20}jitter", text)
    assert re.search(r'<span class="k">def *</span>', text)


def test_hits_are_those_of_the_command_line(site: Site, home: Path) -> None:
    lode = CommandLine(home)
    for query in ("where are failed requests sent again", "parseConfig", "append to a queue"):
        expected = lode("search", "--json", "-k", "20", query, home / "tree").json["hits"]
        hits = site.get("/api/search", q=query).json["hits"]
        for hit in hits:
            assert hit.pop("root") == "tree"
            assert hit.pop("url") == f"/file/{hit['path']}#L{hit['line']}"
        assert hits == expected


def test_words_of_the_query_filter(site: Site) -> None:
    def paths(query: str) -> set[str]:
        return {hit["path"] for hit in site.get("/api/search", q=query).json["hits"]}

    everything = paths("retry settings queue")
    assert {"src/retry.py", "src/config.ts", "lib/queue.go", "docs/guide.md"} <= everything
    assert paths("retry settings queue lang:go") == {"lib/queue.go"}
    assert paths("retry settings queue -lang:go") == everything - {"lib/queue.go"}
    assert paths("retry settings queue path:src/") == {"src/retry.py", "src/config.ts"}
    assert paths("retry settings queue -path:src/") == {
        path for path in everything if not path.startswith("src/")
    }
    assert paths("retry settings queue root:tree") == everything
    assert paths("retry settings queue root:other") == set()
    kinds = {hit["kind"] for hit in site.get("/api/search", q="retry settings queue").json["hits"]}
    for kind in kinds - {None}:
        found = site.get("/api/search", q=f"retry settings queue kind:{kind}").json["hits"]
        assert found and {hit["kind"] for hit in found} == {kind}


def test_chips_toggle_filters(site: Site) -> None:
    page = site.get("/", q="retry settings lang:python").html
    hrefs = page.values("a", "href")
    assert "/?q=retry+settings" in hrefs  # the link that removes lang:python
    page = site.get("/", q="retry settings").html
    assert "/?q=retry+settings+lang%3Apython" in page.values("a", "href")


def test_a_query_that_means_nothing_is_no_error(site: Site) -> None:
    assert "nothing to look for" in site.get("/", q="??").text
    answer = site.get("/api/search", q="lang:pyhton retry").json
    assert answer["hits"] and "pyhton" in answer["problems"][0]


def test_a_file_has_anchors_an_outline_and_marks(site: Site) -> None:
    reply = site.get("/file/src/retry.py", q="jitter")
    page = reply.html
    lines = str(SAMPLE["src/retry.py"]).splitlines()
    assert page.values("span", "id")[1:] == [f"L{n}" for n in range(1, len(lines) + 1)]
    assert {"#L6", "#L9"} <= set(page.values("a", "href"))
    assert {"RetryScheduler", "schedule"} <= set(page.texts)
    assert "<mark>" in reply.text
    assert "/related/src/retry.py?line=1" in page.values("a", "href")
    assert any(href.startswith("vscode://file/") for href in page.values("a", "href"))


def test_related_code(site: Site) -> None:
    page = site.get("/related/src/retry.py", line=9).html
    assert "tests/test_retry.py" in page.text
    hits = site.get("/api/related", path="src/retry.py", line=9).json["hits"]
    assert "tests/test_retry.py" in {hit["path"] for hit in hits}


def test_the_api_reads_files_and_outlines(site: Site) -> None:
    file = site.get("/api/file", path="lib/queue.go").json
    assert file["text"] == SAMPLE["lib/queue.go"]
    assert file["language"] == "go"
    symbols = site.get("/api/outline", path="src/retry.py").json["symbols"]
    assert [(each["symbol"], each["kind"]) for each in symbols] == [
        ("RetryScheduler", "class"),
        ("RetryScheduler.schedule", "method"),
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/file/../secret.txt",
        "/file/..%2Fsecret.txt",
        "/file/%2e%2e/secret.txt",
        "/file/src/..%2F..%2Fsecret.txt",
        "/file//etc/passwd",
        "/file/%2Fetc%2Fpasswd",
        "/file/link.txt",
        "/file/build/generated.py",
        "/file/.gitignore%00",
        "/file/src/./retry.py",
        "/file/src",
        "/file/",
        "/related/..%2Fsecret.txt?line=1",
        "/api/file?path=../secret.txt",
        "/api/file?path=/etc/passwd",
        "/api/file?path=link.txt",
        "/api/outline?path=../secret.txt",
        "/api/related?path=../secret.txt",
        "/assets/0/page.css",
        "/assets/x/../../words.py",
        "/assets/x/..%2Fwords.py",
    ],
)
def test_nothing_outside_of_the_roots_is_shown(site: Site, path: str) -> None:
    reply = site.ask(path)
    assert reply.status == 404, reply.body
    assert b"nobody may read" not in reply.body


@pytest.mark.parametrize(
    "path",
    [
        "/?q=" + "x" * 2000,
        "/?q=x&n=0",
        "/?q=x&n=x",
        "/?q=x&mode=none",
        "/api/search?q=x&limit=100000",
        "/api/search?q=x&limit=",
        "/api/related?path=src/retry.py&line=-1",
        "/related/src/retry.py?line=2147483649",
    ],
)
def test_bad_parameters_are_refused(site: Site, path: str) -> None:
    reply = site.ask(path)
    assert reply.status == 400, (reply.status, reply.body)
    if path.startswith("/api/"):
        assert set(reply.json) == {"error"}


def test_every_response_forbids_foreign_content(site: Site) -> None:
    for path in ("/", "/?q=x", "/file/src/retry.py", "/nowhere", "/api/status", "/status"):
        policy = site.ask(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert "frame-ancestors 'none'" in policy
        assert site.ask(path).headers["x-content-type-options"] == "nosniff"
    page = site.get("/", q="retry").html
    assert all(not values.get("style") for _, values in page.elements)
    assert not [name for _, values in page.elements for name in values if name.startswith("on")]


def test_assets_are_small_ours_and_cached(site: Site) -> None:
    page = site.get("/").html
    sources = page.values("script", "src") + page.values("link", "href")
    assert len(sources) == 3
    assert all(source.startswith("/assets/") for source in sources)
    replies = [site.get(source) for source in sources]
    assert sum(len(reply.body) for reply in replies) <= LIMIT_BYTES
    for reply in replies:
        assert "immutable" in reply.headers["cache-control"]
        assert b"http://" not in reply.body.replace(b"http://www.w3.org/2000/svg", b"")
        assert b"https://" not in reply.body


def test_other_hosts_and_origins_are_refused(site: Site) -> None:
    assert site.ask("/", Host=f"localhost:{site.port}").status == 200
    assert site.ask("/", Host="evil.example").status == 421
    assert site.ask("/", Host=f"127.0.0.1.evil.example:{site.port}").status == 421
    assert site.ask("/api/search?q=retry", Origin="http://evil.example").status == 403
    assert site.ask("/api/search?q=retry", Origin="null").status == 403
    assert site.ask("/api/search?q=retry", Origin=site.origin).status == 200


def test_only_this_page_starts_an_update(site: Site) -> None:
    before = site.get("/api/status").json["roots"][0]["generation"]
    assert site.ask("/update?root=tree").status == 405
    assert site.ask("/api/update?root=tree").status == 405
    for path in ("/update?root=tree", "/api/update?root=tree"):
        assert site.ask(path, "POST").status == 403
        assert site.ask(path, "POST", Origin="http://evil.example").status == 403
        assert site.ask(path, "POST", Origin="null").status == 403
    assert site.get("/api/status").json["roots"][0]["generation"] == before
    assert site.ask("/api/update?root=nowhere", "POST", Origin=site.origin).status == 404
    reply = site.ask("/update?root=tree", "POST", Origin=site.origin)
    assert (reply.status, reply.headers["location"]) == (303, "/status")
    assert site.ask("/api/update?root=tree", "POST", Origin=site.origin).status == 202
    site.wait_until_indexed()


def test_status_shows_the_index(site: Site) -> None:
    page = site.get("/status").html
    assert "tree" in page.text and "python" in page.text
    assert "/update?root=tree" in page.values("form", "action")
    (root,) = site.get("/api/status").json["roots"]
    assert root["files"] == 5 and root["exists"] and root["complete"]
    assert sum(root[name] for name in ("chunks", "index_bytes", "generation")) > 0


def test_a_tree_without_an_index_is_indexed(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", SAMPLE)
    with serving(CommandLine(tmp_path), tree) as site:
        assert site.get("/").status == 200
        site.wait_until_indexed()
        assert "src/retry.py" in site.get("/", q="retry").text
        (tree / "src/new.py").write_text("def zigzag_iterator():\n    return 1\n")
        deadline = time.monotonic() + 60
        while "src/new.py" not in site.get("/", q="zigzag_iterator").text:
            assert time.monotonic() < deadline, "the new file was not noticed"
            time.sleep(0.1)


def test_several_roots_have_labels(tmp_path: Path) -> None:
    first = write_tree(tmp_path / "one" / "app", {"a.py": "def retry():\n    pass\n"})
    second = write_tree(tmp_path / "two" / "app", {"b.py": "def retry_later():\n    pass\n"})
    with serving(CommandLine(tmp_path), first, second) as site:
        site.wait_until_indexed()
        hits = site.get("/api/search", q="retry").json["hits"]
        assert {(hit["root"], hit["path"]) for hit in hits} == {("app", "a.py"), ("app-2", "b.py")}
        ranked = CommandLine(tmp_path)("search", "--json", "retry", first, second).json["hits"]
        assert [hit["score"] for hit in hits] == [hit["score"] for hit in ranked]
        page = site.get("/", q="retry").html
        assert {"/?q=retry+root%3Aapp", "/?q=retry+root%3Aapp-2"} <= set(page.values("a", "href"))
        only = site.get("/api/search", q="retry root:app-2").json["hits"]
        assert [hit["path"] for hit in only] == ["b.py"]
        assert "retry_later" in site.get("/file/app-2/b.py").text
        assert site.ask("/file/app/b.py").status == 404
        assert site.ask("/file/b.py").status == 404
        assert site.get("/api/file", root="app", path="a.py").json["text"].startswith("def retry")
        assert site.ask("/api/file?path=a.py").status == 404


def test_other_addresses_need_a_token(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", {"a.py": "x = 1\n"})
    with serving(CommandLine(tmp_path), tree, "--host", "0.0.0.0", "--name", "me.example") as site:
        host = f"127.0.0.1:{site.port}"
        entry = site.url.removeprefix(site.origin)
        assert site.host == "me.example"  # the announced URL has the given name
        site.host = "127.0.0.1"
        assert re.fullmatch(r"/\?token=[\w-]{30,}", entry)
        assert site.ask("/", Host=host).status == 401
        assert site.ask("/api/status", Host=host).status == 401
        assert site.ask(f"{entry}x", Host=host).status == 401
        lost = site.ask("/file/a.py?q=x", Host=host)
        assert "?token=... that this server printed" in lost.text
        assert entry.partition("=")[2] not in lost.text
        assert site.ask("/", Host=host, Cookie="lode_page=wrong").status == 401
        welcome = site.ask(f"{entry}&q=x", Host="me.example")
        assert (welcome.status, welcome.headers["location"]) == (303, "/?q=x")
        cookie = welcome.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
        assert site.ask("/", Host=host, Cookie=cookie.partition(";")[0]).status == 200
        token = entry.partition("=")[2]
        assert site.ask("/api/status", Host=host, Authorization=f"Bearer {token}").status == 200
        wrong = site.ask("/", Host="evil.example", Cookie=cookie.partition(";")[0])
        assert (wrong.status, wrong.text.count("--name evil.example")) == (421, 1)
        assert "<" not in site.ask("/", Host="<b>").text
        open_redirect = site.ask(f"//evil.example{entry}", Host=host)
        assert not open_redirect.headers.get("location", "").startswith("//")


def test_an_address_for_others_without_a_name_is_warned_of(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", {"a.py": "x = 1\n"})
    process = CommandLine(tmp_path).start("serve", "--host", "0.0.0.0", "--port", "0", tree)
    try:
        assert process.stderr is not None
        assert b"/?token=" in process.stderr.readline()
        warning = process.stderr.readline().decode()
        assert f"--name {socket.gethostname()}" in warning
    finally:
        process.kill()
        process.communicate()


def test_bad_arguments_are_one_line(tmp_path: Path) -> None:
    lode = CommandLine(tmp_path)
    tree = write_tree(tmp_path / "tree", {"a.py": "x = 1\n"})
    lode("serve", tree / "nowhere").must_be_refused("no such folder")
    lode("serve", tree, "--port", "70000").must_be_refused("70000")
    lode("serve", tree, "--editor", "ed").must_be_refused("unknown editor")
    lode("serve", tree, "--editor", "javascript:{path}").must_be_refused("javascript:")
    lode("serve", tree, "--bench", tree / "a.py").must_be_refused("lode bench --json")
    lode("serve", tree, "--bench", tree / "none").must_be_refused("cannot read")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        lode("serve", tree, "--port", port).must_be_refused("in use")


def test_the_extra_is_named_where_it_is_missing(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", {"a.py": "x = 1\n"})
    path = without("starlette", tmp_path / "hidden")
    outcome = CommandLine(tmp_path)("serve", tree, PYTHONPATH=path)
    outcome.must_be_refused("starlette", "codelode[serve]")


def test_hostile_names_and_contents_are_text(tmp_path: Path) -> None:
    names = write_hostile_tree(tmp_path / "tree")
    assert len(set(names)) >= 200
    with serving(CommandLine(tmp_path), tmp_path / "tree") as site:
        site.wait_until_indexed()
        for number, name in enumerate(names):
            reply = site.file(name)
            assert reply.status == 200, name
            elements = {tag for tag, _ in reply.html.elements}
            assert not elements & {"img", "b-", "style", "iframe"}, name
            assert f"poison_{number}" in reply.text
            assert len(reply.html.values("script", "src")) == 1
        page = site.get("/", q="poison", n=200).html
        assert "img" not in {tag for tag, _ in page.elements}
        hrefs = set(page.values("a", "href"))
        files = {href.partition("?")[0] for href in hrefs if href.startswith("/file/")}
        assert len(files) > 100
        for href in sorted(files):
            assert site.ask(href).status == 200, href
        assert all(href.startswith(("/", "#", "vscode://file/")) for href in hrefs)


def test_connections_send_at_once() -> None:
    """With a delay, the second part of an answer would wait until the first is acknowledged."""
    config = uvicorn.Config("unused", host="127.0.0.1", port=0)
    with _bind(config) as bound:
        bound.listen()
        with socket.create_connection(bound.getsockname()), bound.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
