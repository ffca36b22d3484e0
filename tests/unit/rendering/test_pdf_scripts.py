"""Documents in the scripts that people write: each is readable, archivable, and read in its own direction."""

import asyncio
from io import BytesIO

import pikepdf
import pytest
import structlog
from pypdf import PdfReader

from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.adapters.outbound.rendering.overrides import Wish, default
from orders.adapters.outbound.rendering.pdf.html_document import DOCUMENT, document_context
from orders.adapters.outbound.rendering.pdf.renderer import PdfRenderer
from orders.domain.order import Order
from orders.domain.parts import Customer
from orders.ports.metric_catalogue import DOCUMENTS_WITH_BOXES
from tests.support.builders import a_line, a_tenant, an_address, an_order
from tests.unit.rendering.checkers import accessibility_findings, archival_findings
from tests.unit.rendering.conftest import Render

TEXTS = {
    "Arabic": "شارع الملك فهد 123, شقة 4B",
    "Hebrew": "רחוב הרצל 12, דירה 4B",
    "Chinese": "中关村大街27号 景德鎮茶壺 镕",
    "Japanese": "千代田区丸の内 1-1-1 カップ ﾊﾝｶｸ 髙﨑",
    "Korean": "서울특별시 세종대로 110",
    "Hindi": "१२३ महात्मा गांधी मार्ग, क्षत्रिय श्रृंखला",
    "Tamil": "12 அண்ணா சாலை ஸ்ரீ",
    "Thai": "ถนนสุขุมวิท น้ำผึ้งป่า",
    "Greek": "Οδός Ερμού ἀρχαία",
    "Cyrillic": "вул. Хрещатик ґ Ђорђе Љубић",
    "Afrikaans": "ŉ Koffiepot vir ŉ huis",
    "African Latin": "Ɛyɛ ɔdɔ ŋ Ɓaɗe Yorùbá ọ́ ẹ̀ ḽ",
    "Amharic": "ቦሌ መንገድ አዲስ አበባ",
    "N'Ko and Tifinagh": "ߒߞߏ ⵜⵉⴼⵉⵏⴰⵖ",
    "India": "বাংলা ಕನ್ನಡ తెలుగు മലയാളം ગુજરાતી ਪੰਜਾਬੀ ଓଡ଼ିଆ",
    "South-east Asia": "ខ្មែរ ລາວ မြန်မာ සිංහල ދިވެހި",
    "Caucasus": "ქართული Հայերեն",
    "emoji": "🎁 🎂 ❤️ 1️⃣ 👨‍👩‍👧 👍🏽 🇿🇦 ✓ ☎",
}
LOGICAL = ("Chinese", "Korean", "Greek", "Cyrillic", "Afrikaans", "Amharic", "Caucasus")
"""Scripts that are drawn in the order in which they are written, so that any reader of PDFs finds the very text."""


def written(text: str) -> Order:
    address = an_address(name=text, line1=text, city=text)
    return an_order(
        lines=(a_line(name=text),),
        customer=Customer(name=text, email="thandi@example.com"),
        shipping_address=address,
        billing_address=address,
        notes=f"{text}\n{text}",
    )


def families(pdf: bytes) -> set[str]:
    with pikepdf.open(BytesIO(pdf)) as opened:
        fonts = [font for page in opened.pages for font in page.Resources.Font.values()]
        return {str(font.BaseFont).partition("+")[2] for font in fonts}


@pytest.mark.parametrize("script", TEXTS)
def test_a_document_in_any_script_is_readable_and_archivable(render: Render, script: str) -> None:
    pdf = render(written(TEXTS[script]))
    assert archival_findings(pdf) == []
    assert accessibility_findings(pdf) == []
    assert not [family for family in families(pdf) if "Placeholder" in family]
    if script in LOGICAL:
        assert TEXTS[script] in PdfReader(BytesIO(pdf)).pages[0].extract_text()
    # Of a font with 36,000 glyphs none but those in use.
    assert len(pdf) < 150_000


def test_text_can_be_found_however_its_letters_join(render: Render) -> None:
    text = PdfReader(BytesIO(render(written("محمد कर्म श्री நன்றி น้ำ")))).pages[0].extract_text()
    # Glyph by glyph: what readers make of their order is up to them.
    for letters in ("محمد", "कर्म", "श्री", "நன்றி", "นํ้า"):
        assert set(letters) <= set(text), letters
    assert not [letter for letter in text if "\ufb50" <= letter <= "\ufdff" or "\ufe70" <= letter <= "\ufefc"]


def test_marks_are_set_over_any_letter(render: Render) -> None:
    letters = "王 ก क ሀ 😀 한 א ع ა த ក ߒ 𐌰"
    pdf = render(written("".join(f"{letter}\u0301" for letter in letters.split())))
    assert archival_findings(pdf) == []


def html_of(order: Order) -> str:
    tenant = a_tenant()
    return default(Wish(DOCUMENT, document_context(order, tenant), tenant, "en")).text


def test_every_text_that_somebody_typed_is_set_in_its_own_direction() -> None:
    html = html_of(written(TEXTS["Arabic"]))
    # Name and street, customer, item, two lines of notes; the town has region and postcode behind it.
    assert html.count(f'dir="rtl">{TEXTS["Arabic"]}') == 2 + 1 + 1 + 2 + len(["the town"])
    assert 'dir="ltr">+27 21 555 0134' in html
    assert 'dir="rtl"' not in html_of(an_order())


@pytest.mark.parametrize("script", ["Arabic", "Hebrew"])
def test_a_flat_beside_right_to_left_text_stays_in_one_piece(render: Render, script: str) -> None:
    page = PdfReader(BytesIO(render(written(TEXTS[script])))).pages[0].extract_text()
    assert page.count("4B") == len(["name", "street", "town", "customer", "item", "notes", "notes"])


def test_what_no_font_has_is_counted_and_named_but_not_quoted(renderer: PdfRenderer) -> None:
    counters = MemoryMetrics()
    counting = PdfRenderer(processes=0, metrics=counters)
    counting._idle.put_nowait(renderer._lanes[0])
    with structlog.testing.capture_logs() as logs:
        asyncio.run(counting.render(written("བོད་ 𐌰 龦 東京"), a_tenant()))
        asyncio.run(counting.render(written("東京"), a_tenant()))
    assert counters.of(DOCUMENTS_WITH_BOXES) == 1
    (told,) = [log for log in logs if log["event"].startswith("a document has characters")]
    assert told["blocks"] == ("Gothic", "Tibetan")
    assert "བོད" not in str(told)
