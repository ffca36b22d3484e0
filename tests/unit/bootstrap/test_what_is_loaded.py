"""What processes load: memory that every task pays for."""

import subprocess
import sys

import pytest

LOADING = """
import sys
from orders.bootstrap.http import run_api
from orders.bootstrap.worker import run_relay, run_worker, worker_poller
print(sorted({"weasyprint", "pydyf", "fontTools", "PIL", "pyphen", "polyfactory", "faker"} & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def loaded() -> str:
    result = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, text=True, timeout=60, check=True)
    return result.stdout.strip()


def test_no_process_of_the_service_itself_loads_what_renders_pdfs(loaded: str) -> None:
    """The renderer's own processes do (`prepare_process`), and only the pdf-creator starts them."""
    assert loaded == "[]"
