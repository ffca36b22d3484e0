"""A window of the browser, which notes what it asks for and what goes wrong in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request

OF_THE_BROWSER = frozenset({"about", "blob", "chrome", "chrome-extension", "data"})
"""Schemes that reach no other machine; Chromium shows PDFs by pages of its own."""

Scheme = Literal["light", "dark"]


class Window:
    """A window with a session of its own, whose cache and storage are empty.

    Attributes:
        asked: the addresses of all requests that were made in it.
        wrong: errors of scripts, and what a Content-Security-Policy refused.
    """

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        self.asked: list[str] = []
        self.wrong: list[str] = []
        page.context.on("request", self._on_request)
        page.context.on("console", self._on_console)
        page.context.on("weberror", lambda error: self.wrong.append(str(error.error)))

    @classmethod
    @contextmanager
    def opened(cls, browser: Browser, base: str, *, width: int = 1280, scheme: Scheme = "light") -> Iterator[Self]:
        """Opens one, closes it, and checks what it asked for and what went wrong. Raises: AssertionError."""
        context = browser.new_context(base_url=base, viewport={"width": width, "height": 900}, color_scheme=scheme)
        try:
            opened = cls(context.new_page(), base)
            yield opened
            opened.check()
        finally:
            context.close()

    def go(self, path: str) -> Any:
        """Shows a page of the service, and returns the answer."""
        return self.page.goto(path, wait_until="load")

    def check(self) -> None:
        """Checks that nothing was asked of any other host, and that nothing went wrong. Raises: AssertionError."""
        assert self.asked
        assert [each for each in self.asked if not self._is_ours(each)] == []
        assert self.wrong == []

    def _is_ours(self, address: str) -> bool:
        parts = urlsplit(address)
        return parts.scheme in OF_THE_BROWSER or f"{parts.scheme}://{parts.netloc}" == self.base

    def _on_request(self, request: Request) -> None:
        self.asked.append(request.url)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            self.wrong.append(message.text)
