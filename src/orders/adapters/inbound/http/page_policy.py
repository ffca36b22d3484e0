"""The Content-Security-Policy of pages that load nothing: their own style sheet by its hash, images inside of them."""

import base64
import hashlib
import re

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_NOTHING_ELSE = "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
MAIL_POLICY = f"default-src 'none'; style-src 'unsafe-inline'; {_NOTHING_ELSE}"
"""For a mail: its styles are attributes, which is what mail programs understand, and a hash allows none of those."""


def page_policy(html: str) -> str:
    """Returns the policy of a page of ours."""
    allowed = " ".join(f"'sha256-{_digest(each)}'" for each in _STYLE.findall(html)) or "'none'"
    return f"default-src 'none'; style-src {allowed}; {_NOTHING_ELSE}"


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
