"""A real `lode serve` process and plain HTTP requests to it."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from tests.commandline import CommandLine, until


@dataclass
class Reply:
    """A response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def html(self) -> Parsed:
        return Parsed(self.text)


class Parsed(HTMLParser):
    """The elements of a page as (tag, attributes), and its texts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def values(self, tag: str, attribute: str) -> list[str]:
        """Return the attribute's value from each element that has this tag and this attribute."""
        return [
            value
            for name, attributes in self.elements
            if name == tag and (value := attributes.get(attribute)) is not None
        ]


class Site:
    """A server at an address."""

    def __init__(self, url: str) -> None:
        self.url = url
        address = urlsplit(url)
        assert address.hostname is not None and address.port is not None
        self.host, self.port = address.hostname, address.port
        self.headers: dict[str, str] = {}
        """Headers of all requests."""

    @property
    def origin(self) -> str:
        return f"http://{self.host}:{self.port}"

    def ask(self, path: str, method: str = "GET", **headers: str) -> Reply:
        """Send one request; `path` is sent as it is. `_` in the name of a header stands for `-`."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host="Host" in headers)
            for name, value in {**self.headers, **headers}.items():
                connection.putheader(name.replace("_", "-"), value)
            if method == "POST":
                connection.putheader("Content-Length", "0")
            connection.endheaders()
            answer = connection.getresponse()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, fields, answer.read())
        finally:
            connection.close()

    def get(self, path: str, /, **query: str | int) -> Reply:
        """Send a GET that must succeed."""
        reply = self.ask(f"{path}?{urlencode(query)}" if query else path)
        assert reply.status == 200, (reply.status, reply.body[:500])
        return reply

    def file(self, path: str | bytes) -> Reply:
        """Return the response with the page of a file."""
        return self.ask(f"/file/{quote(path)}")

    def wait_until_indexed(self) -> None:
        """Wait until no update is running and every root has an index."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            roots = self.get("/api/status").json["roots"]
            if all(root["complete"] and not root["updating"] for root in roots):
                return
            time.sleep(0.05)
        raise AssertionError("there is still no index")


@contextlib.contextmanager
def serving(lode: CommandLine, *arguments: str | Path, **environment: str) -> Iterator[Site]:
    """Start `lode serve` on a free port."""
    with lode.serving("serve", "--port", "0", *arguments, **environment) as url:
        yield Site(url)


@contextlib.contextmanager
def serving_roster(lode: CommandLine, roster: Path) -> Iterator[Site]:
    """Start `lode cluster serve` without Ray; yield once all pieces have their owners."""
    arguments = ("cluster", "serve", roster, "--no-ray", "--address", "0")
    with lode.serving(*arguments) as url:
        site = Site(url)
        until(lambda: bool(site.get("/api/status").json["whole"]), 20)
        yield site
