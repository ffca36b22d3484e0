"""What `orders dev` shows, also where nobody reads it any more."""

import io
import subprocess
import sys

from rich.console import Console
from rich.text import Text

from orders.bootstrap.dev.shown import Shown


def test_a_line_is_never_broken() -> None:
    text = io.StringIO()
    Shown(Console(file=text, width=20)).line(Text("one two three four five six seven"))
    assert text.getvalue() == "one two three four five six seven\n"


def test_a_closed_pipe_ends_nothing() -> None:
    """In a process of its own: the console turns its standard output away."""
    program = (
        "import sys; from rich.console import Console; from rich.text import Text; "
        "from orders.bootstrap.dev.shown import Shown; shown = Shown(Console()); sys.stdin.read(); "
        "[shown.line(Text('nobody reads this')) for _ in range(2)]; sys.stderr.write('goes on')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        process.stdout.close()
        process.stdin.close()
        assert process.stderr.read() == "goes on"
    assert process.returncode == 0
