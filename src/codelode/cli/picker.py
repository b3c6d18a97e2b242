"""`lode pick` on a full screen: the query above, hits below it, and a preview of the selected hit.

The screen is drawn on the terminal of the process, whatever its standard streams are, so that
`$(lode pick)` works. Nothing of a file is shown before its control characters are made visible.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.data_structures import Point
from prompt_toolkit.document import Document
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import Layout
from prompt_toolkit.layout.containers import DynamicContainer, HSplit, VSplit, Window
from prompt_toolkit.layout.controls import BufferControl, FormattedTextControl
from prompt_toolkit.layout.processors import BeforeInput
from prompt_toolkit.output.color_depth import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.styles import Style

from codelode.cli import streams
from codelode.cli.live_search import Found, Picked
from codelode.cli.pick_screen import hit_line, preview, summary
from codelode.system.open_flags import TERMINAL

if TYPE_CHECKING:
    import argparse

    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding.key_processor import KeyPressEvent
    from prompt_toolkit.layout.containers import Container

    from codelode.cli.live_search import LiveSearch

SIDE_BY_SIDE = 120
"""From this many columns on, the preview is beside the hits, else below them."""

LEAST_ROWS = 12
"""With fewer rows, there is no preview."""

KEYS = " enter open · ctrl-y print the place · ↑ ↓ select · esc leave"
_QUIT_KEYS = ("escape", "c-c", "c-g", "c-d")
_SECONDS_FOR_ESCAPE = 0.05
"""A terminal sends Esc and the beginning of an arrow key alike; the rest follows within this."""


class Picker:
    """The state of the screen, and its parts.

    The thread that searches leaves its results in `_newest`. The thread that draws takes them over
    before it draws the screen; otherwise, the hits could change while they are drawn.
    """

    def __init__(self, live: LiveSearch, query: str, output: Vt100_Output) -> None:
        self._live = live
        self._output = output
        self._found = self._newest = Found()
        self._error: BaseException | None = None
        self._selected = 0
        self._query = Buffer(document=Document(query), on_text_changed=self._ask, multiline=False)
        self._hits = Window(
            FormattedTextControl(self._list, get_cursor_position=lambda: Point(0, self._selected)),
            always_hide_cursor=True,
        )
        self._preview = Window(FormattedTextControl(self._shown_preview))
        self.application: Application[Picked | None] | None = None

    def layout(self) -> Layout:
        """Return the screen, with the cursor in the query."""
        query = Window(BufferControl(self._query, [BeforeInput("> ", "class:prompt")]), height=1)
        rows = [
            query,
            Window(FormattedTextControl(self._summary), height=1, style="class:dim"),
            DynamicContainer(self._body),
            Window(FormattedTextControl(KEYS), height=1, style="class:dim"),
        ]
        return Layout(HSplit(rows), focused_element=query)

    def keys(self) -> KeyBindings:
        """Return the actions of some keys; all other keys edit the query."""
        bindings = KeyBindings()
        moves = {"up": -1, "c-p": -1, "s-tab": -1, "down": 1, "c-n": 1, "tab": 1}
        for key, step in moves.items():
            bindings.add(key)(lambda event, step=step: self._move(step))
        for key, pages in (("pageup", -1), ("pagedown", 1)):
            bindings.add(key)(lambda event, pages=pages: self._move(pages * self._page()))
        for key in _QUIT_KEYS:
            bindings.add(key, eager=key != "escape")(lambda event: event.app.exit(result=None))
        bindings.add("enter")(lambda event: self._pick(event, opens=True))
        bindings.add("c-y")(lambda event: self._pick(event, opens=False))
        bindings.add(Keys.BracketedPaste)(
            lambda event: event.current_buffer.insert_text(" ".join(event.data.split("\n")))
        )
        return bindings

    def show(self, found: Found) -> None:
        """Show the result of a search; called from the thread of the search."""
        self._newest = found
        if self.application is not None:
            self.application.invalidate()

    def fail(self, error: BaseException) -> None:
        """Leave with the error that ended the search thread; called from that thread."""
        self._error = error
        if self.application is not None:
            self.application.invalidate()

    def take(self, application: Application[Picked | None]) -> None:
        """Take over the newest result, or leave with the error of the search."""
        if self._error is not None and not application.is_done:
            application.exit(exception=self._error)
        if self._newest is not self._found:
            self._found, self._selected = self._newest, 0

    def begin(self) -> None:
        """Start a search for the current text of the query."""
        self._live.ask(self._query.text)

    def _ask(self, buffer: Buffer) -> None:
        self._live.ask(buffer.text)

    def _move(self, rows: int) -> None:
        self._selected = max(0, min(self._selected + rows, len(self._found.hits) - 1))

    def _page(self) -> int:
        info = self._hits.render_info
        return max((info.window_height if info else 2) - 1, 1)

    def _pick(self, event: KeyPressEvent, opens: bool) -> None:
        found, place = self._found, self._selected
        if place < len(found.hits):
            event.app.exit(result=Picked(found.hits[place], found.root, opens))

    def _columns(self) -> int:
        return self._output.get_size().columns

    def _body(self) -> Container:
        if self._output.get_size().rows < LEAST_ROWS:
            return self._hits
        if self._columns() >= SIDE_BY_SIDE:
            line = Window(width=1, char="│", style="class:dim")
            return VSplit([self._hits, line, self._preview])
        return HSplit([self._hits, Window(height=1, char="─", style="class:dim"), self._preview])

    def _half(self) -> int:
        columns = self._columns()
        return columns // 2 - 1 if columns >= SIDE_BY_SIDE else columns

    def _summary(self) -> StyleAndTextTuples:
        return [*summary(self._found)]

    def _list(self) -> StyleAndTextTuples:
        pieces: StyleAndTextTuples = []
        for number, hit in enumerate(self._found.hits):
            chosen = number == self._selected
            line = hit_line(hit, self._found.root, self._live.several.given, self._half() - 2)
            pieces.append(("", "▌ " if chosen else "  "))
            if chosen:  # in one style: reverse video would turn colors into backgrounds
                pieces.append(("class:selected", "".join(text for _, text in line)))
            else:
                pieces += line
            pieces.append(("", "\n"))
        return pieces[:-1]

    def _shown_preview(self) -> StyleAndTextTuples:
        if self._selected >= len(self._found.hits):
            return []
        info = self._preview.render_info
        rows = info.window_height if info else self._output.get_size().rows // 2
        hit = self._found.hits[self._selected]
        return [*preview(hit, Path(self._found.root), self._found.terms, rows, self._half())]


def pick(live: LiveSearch, options: argparse.Namespace) -> Picked | None:
    """Let the user pick a hit, and return it; return None if the user leaves."""
    with ExitStack() as stack:
        keyboard = stack.enter_context(open(TERMINAL, encoding="utf-8"))
        screen = stack.enter_context(open(TERMINAL, "w", encoding="utf-8"))
        color = streams.use_color(options.color, screen)
        output = Vt100_Output.from_pty(screen, term=os.environ.get("TERM"))
        picker = Picker(live, options.query, output)
        application: Application[Picked | None] = Application(
            layout=picker.layout(),
            key_bindings=picker.keys(),
            style=STYLE,
            color_depth=ColorDepth.DEPTH_4_BIT if color else ColorDepth.DEPTH_1_BIT,
            full_screen=True,
            input=Vt100Input(keyboard),
            output=output,
            before_render=picker.take,
        )
        application.ttimeoutlen = application.timeoutlen = _SECONDS_FOR_ESCAPE
        picker.application = application
        live.start(picker.show, picker.fail)
        stack.callback(live.close)
        picker.begin()
        return application.run()


STYLE = Style.from_dict(
    {
        "prompt": "bold",
        "dim": "ansibrightblack",
        "selected": "reverse",
        "path": "ansimagenta",
        "line": "ansigreen",
        "symbol": "bold",
        "number": "ansibrightblack",
        "builtin": "ansicyan",
        "class": "ansiyellow",
        "comment": "ansibrightblack",
        "decorator": "ansiblue",
        "function": "ansiblue",
        "keyword": "ansimagenta",
        "string": "ansigreen",
        "tag": "ansiblue",
        "match": "bold underline",
        "landing": "reverse",
    }
)
"""The styles of the screen: the colors of the terminal's theme, as in other output."""
