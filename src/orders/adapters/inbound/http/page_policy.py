"""The Content-Security-Policies of pages: none of them runs or loads what is not of this very service."""

import base64
import hashlib
import re

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_NOTHING_ELSE = "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)
"""For a mail in a frame of ours: its styles are attributes, which is what mail programs understand, and a hash allows
none of those. Nothing in it runs, whatever a shop's template or a customer wrote.
"""
FILE_POLICY = "default-src 'none'; object-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
"""For a PDF in a frame of ours: browsers show it by an object of their own in a page of their own."""
CONSOLE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-src 'self'; object-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""For the console's pages, whose style sheet and script are files."""


def page_policy(html: str) -> str:
    """Returns the policy of a page of ours that loads nothing: its own style sheet is allowed by its hash."""
    allowed = " ".join(f"'sha256-{_digest(each)}'" for each in _STYLE.findall(html)) or "'none'"
    return f"default-src 'none'; style-src {allowed}; {_NOTHING_ELSE}"


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
