"""What `orders dev` prints when it is ready."""

import io
import shlex
from pathlib import Path

import pytest
from rich.console import Console

from orders.adapters.outbound.local.dev_issuer import DevIssuer
from orders.bootstrap.config.settings import Settings, load_settings
from orders.bootstrap.dev.announcement import Started, announce, ended_at_once, typed_command
from orders.bootstrap.dev.demo import PROFILES

STARTED = Started("http://127.0.0.1:4566", 2.14, tuple(PROFILES), ".venv/bin/orders")


def settings_of(monkeypatch: pytest.MonkeyPatch, **given: object) -> Settings:
    for name in ("ORDERS_DATA_DIR", "API_PORT", "ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    return load_settings(**given)


def printed(settings: Settings, *, columns: int = 80, terminal: bool = False) -> str:
    text = io.StringIO()
    console = Console(file=text, width=columns, force_terminal=terminal, highlight=False, markup=False)
    announce(settings, STARTED, console)
    return text.getvalue()


def test_it_fits_a_terminal_of_80_columns_with_every_address_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    said = printed(settings_of(monkeypatch, api_port=65535))
    assert max(map(len, said.splitlines())) <= 80
    for path in ("/local/", "/v1.0/docs", "/local/mails", "/health/ready"):
        assert f"http://127.0.0.1:65535{path} " in said
    for words in ("Ctrl-C", "TOKEN=$(.venv/bin/orders token)", "all is kept in .orders-dev"):
        assert words in said


def test_what_others_look_for_stands_in_lines_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(settings_of(monkeypatch)).splitlines()
    assert "orders is ready on http://127.0.0.1:8080 (2.1 s)" in lines
    (aws,) = (line for line in lines if "emulated AWS on" in line)
    assert aws.endswith(" http://127.0.0.1:4566")


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_a_pipe_gets_the_same_plain_text_whatever_its_width(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(monkeypatch)
    said = printed(settings, columns=columns)
    assert said == printed(settings)
    assert "\x1b" not in said


def test_addresses_are_links_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    said = printed(settings_of(monkeypatch), terminal=True)
    assert said.count("\x1b]8;;\x1b\\") == 4  # where a link ends
    assert ";http://127.0.0.1:8080/local/\x1b\\http://127.0.0.1:8080/local/" in said


def test_who_ends_it_at_once_is_told_where_all_is_and_how_to_come_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = ended_at_once(settings_of(monkeypatch))
    assert "\n" not in said
    assert "the emulator has all of .orders-dev" in said
    for command in (" dev`", " dev --stop`"):
        assert command in said, command
    data = tmp_path / "my data"
    said = ended_at_once(settings_of(monkeypatch, orders_data_dir=data))
    assert said.count(f"--data-dir {shlex.quote(str(data))}`") == 2


def test_no_token_is_on_the_screen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    DevIssuer(tmp_path)
    assert "eyJ" not in printed(settings_of(monkeypatch, orders_data_dir=tmp_path))


def test_commands_name_the_data_directory_if_it_is_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = tmp_path / "my data"
    said = printed(settings_of(monkeypatch, orders_data_dir=data))
    line = next(line for line in said.splitlines() if "TOKEN=" in line)
    command = line.partition("$(")[2].partition(")")[0]
    assert shlex.split(command) == [".venv/bin/orders", "token", "--data-dir", str(data)]


def test_a_command_is_named_as_it_is_typed_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    command = tmp_path / "a venv/bin/orders"
    command.parent.mkdir(parents=True)
    command.write_text("#!/bin/sh\n", encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", "/usr/bin")
    assert typed_command(str(command)) == "'a venv/bin/orders'"
    assert typed_command("/somewhere/else/orders") == "/somewhere/else/orders"
    monkeypatch.setenv("PATH", str(command.parent))
    assert typed_command(str(command)) == "orders"
