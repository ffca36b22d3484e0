"""Checkers of PDFs that know nothing of WeasyPrint: pikepdf's for PDF/A-3b, outloud for PDF/UA-1.

pikepdf (`pikepdf.pdfa`) has veraPDF's 146 rules of ISO 19005-3, level B, and approves only what it knows. outloud
has rules for the Matterhorn Protocol's checkpoints that a machine can decide, and for what screen readers make of it.
"""

import re
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf.pdfa import validate_written

MATTERHORN_BY_MACHINE = frozenset({"01", "02", "06", "07", "09", "10", "11", "13", "14", "15", "21", "27", "31"})
"""Checkpoints of the Matterhorn Protocol 1.1 that apply to each of our documents, of those a machine can decide."""

NOT_FOLLOWED = {
    "LNK-010": "addresses are printed, not linked: what a customer typed must not become a link, and paper has none",
    "PAG-001": "the header row of a table that goes on is its own table's on each page, and read with it",
}
"""Advice of outloud's that we don't take; both are warnings, neither is of the standard."""

_CONFORMANCE = re.compile(rb'pdfaid:conformance="A"')
_PDF_UA = re.compile(rb'<rdf:Description rdf:about="" xmlns:(?:pdfuaid|pdfaExtension)=.*?</rdf:Description>', re.DOTALL)


def archival_findings(pdf: bytes) -> list[str]:
    """Returns what keeps the file from being PDF/A-3b, by veraPDF's rule; also rules that the checker doesn't know.

    The checker has neither level A nor extension schemas. Both are in the metadata packet alone, where they are
    replaced by as many bytes, so that all else is checked as it was written.
    """
    pdf, levels = _CONFORMANCE.subn(b'pdfaid:conformance="B"', pdf)
    pdf, schemas = _PDF_UA.subn(lambda found: b" " * len(found[0]), pdf)
    told = [] if (levels, schemas) == (1, 2) else [f"{levels} levels, {schemas} of 2 descriptions of PDF/UA's schema"]
    report = validate_written(BytesIO(pdf), "3b")
    return told + [f"{each.rule} {each.message}" for each in report.findings]


def accessibility_findings(pdf: bytes) -> list[str]:
    """Returns machine-checkable faults against PDF/UA-1, by outloud's rule; also checkpoints that should apply and
    didn't.
    """
    import outloud

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.pdf"
        path.write_bytes(pdf)
        result = outloud.check(str(path))
    told = [] if result.error is None else [result.error]
    told += [f"{run.rule} crashed" for run in result.runs if run.status == "crashed"]
    found = [f"{each.rule} {each.message}" for each in result.findings if each.rule not in NOT_FOLLOWED]
    statuses = {row["id"]: row["status"] for row in result.criteria.get("pdfua1", [])}
    passed = {checkpoint for checkpoint, status in statuses.items() if status == "pass"}
    missed = [f"checkpoint {each}: {statuses.get(each)}" for each in sorted(MATTERHORN_BY_MACHINE - passed)]
    return told + (found or missed)


def structure(element: Any) -> list[Any]:
    """An element of the structure tree and all below it, in reading order."""
    found = [element]
    for kid in element.get("/K", pikepdf.Array()):
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            found += structure(kid)
    return found


def elements_of(pdf: pikepdf.Pdf, kind: str = "") -> list[Any]:
    """All elements of a document's structure, or those of one type, such as ``/TH``."""
    return [each for each in structure(pdf.Root.StructTreeRoot.K[0]) if kind in ("", each.S)]
