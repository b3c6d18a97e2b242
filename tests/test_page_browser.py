"""The page in headless Chromium: typing, keys, history, hostile names, accessibility.

Needs the group `browser` and a Chromium: `make test-browser`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commandline import SAMPLE, CommandLine, write_tree
from tests.page_hostile import write_hostile_tree
from tests.page_server import Site, serving
from tests.rosters import make_world

pytest.importorskip("playwright.sync_api", reason="needs the group browser: make test-browser")
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Dialog,
    Page,
    Route,
    sync_playwright,
)

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
AXE = Path(__file__).parent.parent / ".venv/axe/node_modules/axe-core/axe.min.js"
VIEWS = (
    "/",
    "/?q=retry+scheduler",
    "/?q=retry+lang:python",
    "/?q=%3F%3F",
    "/status",
    "/file/src/retry.py?q=jitter#L9",
    "/related/src/retry.py?line=9",
    "/file/none",
)
SIZES = {"wide": (1280, 900), "phone": (390, 844)}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("home")
    many = {f"lib/module_{n}.py": f"def retry_{n}():\n    return {n}\n" for n in range(30)}
    long = {"lib/long.py": "".join(f"def step_{n}():\n    return {n}\n\n\n" for n in range(400))}
    tree = write_tree(home / "tree", {**SAMPLE, **many, **long})
    with serving(CommandLine(home), tree) as found:
        found.wait_until_indexed()
        yield found


class Watched:
    """A page, and `complaints`: its errors, warnings, dialogs and requests to other origins."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self._dialog(dialog))
        page.on("console", lambda message: self._console(message))
        page.on("request", lambda request: self._request(request.url, origin))

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text}")

    def _request(self, url: str, origin: str) -> None:
        if not url.startswith(f"{origin}/"):
            self.complaints.append(f"foreign: {url}")


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(base_url=site.origin, viewport={"width": 1280, "height": 900})
    found = context.new_page()
    watched = Watched(found, site.origin)
    yield found
    context.close()
    assert watched.complaints == []


def wait_for_results(page: Page, query: str) -> None:
    """Wait until the hits of a query are there."""
    page.wait_for_function("query => document.title === `${query} · lode`", arg=query)


def paths(page: Page) -> list[str]:
    found: list[str] = page.locator(".file h2 a").all_text_contents()
    return found


def focused(page: Page) -> int:
    """Return the index of the hit that has the focus; -1 if no hit has it."""
    number: int = page.evaluate(
        "[...document.querySelectorAll('.go')].indexOf(document.activeElement)"
    )
    return number


def test_results_appear_while_typing(page: Page) -> None:
    page.goto("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("parseConfig", delay=20)
    wait_for_results(page, "parseConfig")
    assert paths(page)[0] == "src/config.ts"
    assert page.url.endswith("/?q=parseConfig")
    assert page.locator("mark").first.is_visible()
    page.fill("#q", "append item to queue")
    wait_for_results(page, "append item to queue")
    assert paths(page)[0] == "lib/queue.go"
    page.fill("#q", "")
    page.wait_for_selector(".home")
    assert page.url.endswith("/")


def test_only_the_last_answer_is_shown(page: Page) -> None:
    """Late answers to earlier letters change nothing, whatever their order."""
    page.goto("/")
    held: list[Route] = []
    page.route("**/results?q=retr", lambda route: held.append(route))
    page.fill("#q", "retr")
    page.wait_for_function("() => document.documentElement.classList.contains('slow')")
    page.fill("#q", "parseConfig")
    wait_for_results(page, "parseConfig")
    before = page.inner_html("#main")
    for route in held:
        route.continue_()
    page.wait_for_timeout(300)
    assert page.inner_html("#main") == before
    assert not page.evaluate("document.documentElement.classList.contains('slow')")


def test_old_hits_stay_until_new_ones_are_there(page: Page) -> None:
    page.goto("/?q=retry")
    page.evaluate(
        "new MutationObserver(() => {"
        "  window.empty = window.empty || !document.querySelector('#main').children.length;"
        "}).observe(document.getElementById('main'), {childList: true})"
    )
    page.click("#q")
    page.keyboard.type(" scheduler", delay=15)
    wait_for_results(page, "retry scheduler")
    assert page.evaluate("window.empty") in (None, False)


def test_keys_move_open_and_leave(page: Page) -> None:
    page.goto("/?q=retry")
    page.keyboard.press("j")
    assert focused(page) == 0
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    assert focused(page) == 2
    page.keyboard.press("k")
    assert focused(page) == 1
    expected = page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("Enter")
    page.wait_for_selector(".fileview")
    assert page.url.endswith(expected)
    page.keyboard.press("Escape")
    page.wait_for_selector(".files")
    assert page.url.endswith("/?q=retry")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") != "q"
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("j/k")
    assert page.input_value("#q").endswith("j/k")


def test_enter_in_the_field_opens_the_first_hit(page: Page) -> None:
    page.goto("/")
    page.wait_for_function("document.activeElement.id === 'q'")
    page.keyboard.type("parseConfig")
    wait_for_results(page, "parseConfig")
    page.keyboard.press("Enter")
    page.wait_for_selector(".fileview")
    assert "/file/src/config.ts?q=parseConfig#L2" in page.url
    assert page.locator(".l:target .no").inner_text() == "2"


def test_the_back_button_restores_the_state(page: Page) -> None:
    page.goto("/?q=retry+settings+queue")
    page.locator(".chip", has_text="python").first.click()
    page.wait_for_function("() => new URLSearchParams(location.search).get('q').includes('lang:')")
    page.wait_for_selector(".chip.on")
    assert page.input_value("#q") == "retry settings queue lang:python"
    assert all(path.endswith(".py") for path in paths(page))
    page.locator(".go").first.click()
    page.wait_for_selector(".fileview")
    page.go_back()
    page.wait_for_selector(".chip.on")
    assert page.input_value("#q") == "retry settings queue lang:python"
    page.go_back()
    page.wait_for_selector(".chip.on", state="detached")
    assert page.input_value("#q") == "retry settings queue"
    page.go_forward()
    page.wait_for_selector(".chip.on")
    page.locator(".chip.on").click()
    page.wait_for_selector(".chip.on", state="detached")
    assert page.input_value("#q") == "retry settings queue"


def test_a_deep_link_shows_its_line(page: Page) -> None:
    page.goto("/file/lib/long.py?q=step_300#L1201")
    target = page.locator(".l:target")
    assert target.get_attribute("id") == "L1201"
    page.wait_for_timeout(200)
    box = target.bounding_box()
    assert box is not None and 60 < box["y"] < 900
    assert page.locator(".outline a.here").inner_text() == "step_300"
    assert page.locator('#acts [data-key="r"]').get_attribute("href") == (
        f"{page.url.partition('/file')[0]}/related/lib/long.py?line=1201"
    )
    editor = page.locator('#acts [data-key="o"]').get_attribute("href")
    assert editor is not None and editor.startswith("vscode://file/") and editor.endswith(":1201")
    page.locator(".outline a", has_text="step_10").first.click()
    page.wait_for_function("() => location.hash === '#L41'")


def test_all_modes_and_more_hits_can_be_chosen(page: Page) -> None:
    page.goto("/?q=retry")
    assert page.locator(".go").count() == 20
    page.locator(".more a").click()
    page.wait_for_function("() => document.querySelectorAll('.go').length > 20")
    page.locator(".modes a", has_text="words only").click()
    page.wait_for_function("() => location.search.includes('mode=lexical')")
    page.wait_for_selector('.modes a[aria-current]:has-text("words only")')


def test_an_update_is_shown_live(browser: Browser, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", SAMPLE)
    with serving(CommandLine(tmp_path), tree) as own:
        own.wait_until_indexed()
        context = browser.new_context(base_url=own.origin)
        page = context.new_page()
        page.goto("/?q=zigzag_iterator")
        (tree / "src/new.py").write_text("def zigzag_iterator():\n    return 1\n")
        assert own.ask("/api/update?root=tree", "POST", Origin=own.origin).status == 202
        page.wait_for_selector("text=src/new.py", timeout=30_000)
        page.goto("/status")
        page.click("text=Update now")
        page.wait_for_url("**/status")
        context.close()


def test_it_works_without_a_script(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.origin, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.fill("#q", "parseConfig")
    page.keyboard.press("Enter")
    page.wait_for_selector(".file")
    assert paths(page)[0] == "src/config.ts"
    page.locator(".go").first.click()
    page.wait_for_selector(".fileview")
    assert page.locator(".l:target .no").inner_text() == "2"
    assert page.locator(".outline a").count() >= 1
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_it_is_accessible_and_fits(browser: Browser, site: Site, scheme: str, size: str) -> None:
    if not AXE.exists():
        pytest.skip("needs axe-core: make test-browser")
    width, height = SIZES[size]
    context = browser.new_context(
        base_url=site.origin,
        color_scheme=scheme,
        viewport={"width": width, "height": height},
        bypass_csp=True,
    )
    page = context.new_page()
    for path in VIEWS:
        page.goto(path)
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        problems = [
            (each["id"], [node["html"][:120] for node in each["nodes"]][:3])
            for each in found["violations"]
        ]
        assert problems == [], (path, problems)
        scrolled = page.evaluate("document.documentElement.scrollWidth")
        assert scrolled <= width, (path, scrolled)
    context.close()


def test_hostile_names_and_contents_run_nothing(browser: Browser, tmp_path: Path) -> None:
    names = write_hostile_tree(tmp_path / "tree")
    assert len(names) >= 200
    with serving(CommandLine(tmp_path), tmp_path / "tree") as own:
        own.wait_until_indexed()
        context = browser.new_context(base_url=own.origin)
        page = context.new_page()
        watched = Watched(page, own.origin)
        page.goto("/?q=poison&n=200")
        page.click("#q")
        page.keyboard.type(" return")
        wait_for_results(page, "poison return")
        page.goto("/?q=poison&n=200")
        hrefs = page.evaluate("[...document.querySelectorAll('.go')].map(link => link.href)")
        assert len(hrefs) == 200
        for number, href in enumerate(hrefs):
            page.goto(href)
            assert page.locator(".fileview").count() == 1, href
            if number % 20 == 0:
                page.keyboard.press("Escape")
                page.wait_for_selector(".files")
        page.goto("/status")
        context.close()
        assert watched.complaints == []


@pytest.fixture(scope="module")
def roster_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    world = make_world(tmp_path_factory.mktemp("roster"))
    with serving(CommandLine(tmp_path_factory.mktemp("home")), "--roster", world.place) as found:
        yield found


def test_the_repositories_of_a_roster(browser: Browser, roster_site: Site) -> None:
    """Type, narrow to a repository by a chip, read a file as indexed, and find similar code."""
    context = browser.new_context(base_url=roster_site.origin)
    page = context.new_page()
    watched = Watched(page, roster_site.origin)
    page.goto("/")
    assert page.locator("nav .chip", has_text="acme/web").is_visible()
    page.keyboard.type("retry scheduler", delay=20)
    wait_for_results(page, "retry scheduler")
    assert {path.split("/")[0] for path in paths(page)} >= {"acme", "acme.mirror"}
    page.locator(".chips .chip", has_text="acme/api").first.click()
    wait_for_results(page, "retry scheduler root:acme/api")
    assert all(path.startswith("acme/api/") for path in paths(page))
    assert page.locator("a", has_text="open in editor").count() == 0
    page.locator(".go").first.click()
    page.wait_for_selector(".fileview")
    assert "as indexed" in page.inner_text(".facts")
    assert page.locator(".outline a").first.is_visible()
    page.keyboard.press("r")
    page.wait_for_selector("#back")
    assert paths(page)
    page.goto("/status")
    assert page.locator("form button").count() == 0
    page.wait_for_function("document.getElementById('summary').textContent === '17 files'")
    context.close()
    assert watched.complaints == []
