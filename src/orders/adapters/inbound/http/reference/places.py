"""Builds the addresses of the reference's pages."""

from orders.adapters.inbound.http.openapi.deprecation import DOCS_PATH, operation_page

__all__ = ["DOCS_PATH", "GUIDE_PATH", "SCRIPT_PATH", "SEARCH_PATH", "STYLE_PATH", "operation_page"]

GUIDE_PATH = f"{DOCS_PATH}/guide"
SEARCH_PATH = f"{DOCS_PATH}/search.json"
STYLE_PATH = f"{DOCS_PATH}/reference.css"
SCRIPT_PATH = f"{DOCS_PATH}/reference.js"


def schema_page(name: str) -> str:
    """Returns the address of a schema's page."""
    return f"{DOCS_PATH}/schemas/{name}"


def problem_page(name: str) -> str:
    """Returns the address of the page of a kind of problem."""
    return f"{DOCS_PATH}/problems/{name}"


def guide_section(anchor: str) -> str:
    """Returns the address of a section of the guide."""
    return f"{GUIDE_PATH}#{anchor}"
