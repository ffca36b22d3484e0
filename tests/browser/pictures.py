"""Takes the README's pictures, or with a directory every kind of page in every look, to be looked at.

``make pictures``: seeds a service as the browser's tests do, and overwrites the files in ``docs/pictures/``. Nothing
judges what is on them.
"""

import argparse
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageOps
from playwright.sync_api import Browser, ViewportSize

from tests.browser.service import seeded_service, started_chromium
from tests.browser.test_every_kind_of_page import LOOKS, paths_of
from tests.browser.window import Window
from tests.e2e.dev_process import Dev

PICTURES = Path(__file__).parents[2] / "docs/pictures"
COLOURS = 64
"""As many as text on plain ground needs: a picture of a page has a third of the bytes."""
DOTS_PER_INCH = 110
SIZE: ViewportSize = {"width": 1000, "height": 1180}
"""Of the local page: down to its timeline, and legible at half of its width."""


def of_the_readme(browser: Browser, dev: Dev, into: Path) -> None:
    """Takes a whole order's local page, and the first page of its document."""
    with Window.opened(browser, dev.base) as window:
        window.page.set_viewport_size(SIZE)
        window.go("/local/?shop=demo&status=completed")
        window.page.locator("#orders a.number").first.click()
        document = window.page.locator("#document object")
        document.wait_for()
        pdf = into / "document.pdf"
        pdf.write_bytes(window.page.request.get(str(document.get_attribute("data"))).body())
        window.page.screenshot(path=into / "local-page.png")
    subprocess.run(
        ["pdftoppm", "-png", "-r", str(DOTS_PER_INCH), "-singlefile", str(pdf), str(pdf.with_suffix(""))], check=True
    )
    pdf.unlink()
    for path in into.glob("*.png"):
        picture = Image.open(path).convert("RGB")
        if path.stem == pdf.stem:
            picture = without_blank_foot(picture)
        picture.quantize(COLOURS).save(path, optimize=True)


def without_blank_foot(page: Image.Image) -> Image.Image:
    """Returns a page up to a little below what is last on it."""
    _, top, _, bottom = ImageOps.invert(page.convert("L")).getbbox() or (0, 0, 0, page.height)
    return page.crop((0, 0, page.width, min(page.height, bottom + top)))


def of_all_pages(browser: Browser, dev: Dev, into: Path) -> None:
    """Takes every kind of page, from top to bottom, in every look."""
    for kind, path in paths_of(browser, dev).items():
        for width, scheme in LOOKS:
            with Window.opened(browser, dev.base, width=width, scheme=scheme) as window:
                window.go(path)
                name = f"{kind.replace(' ', '-')}-{width}-{scheme}.png"
                window.page.screenshot(path=into / name, full_page=True)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.pictures", description=__doc__)
    parser.add_argument("--all", type=Path, default=None, metavar="DIRECTORY", help="take every kind of page, into it")
    into: Path | None = parser.parse_args().all
    take: Callable[[Browser, Dev, Path], None] = of_the_readme if into is None else of_all_pages
    into = into or PICTURES
    into.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as directory, seeded_service(Path(directory)) as dev, started_chromium() as browser:
        take(browser, dev, into)


if __name__ == "__main__":
    main()
