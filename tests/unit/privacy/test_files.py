"""Files on a developer's machine are accessible to its user alone, whatever the umask is."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from orders.adapters.inbound.cli.commands.events import Checkpoint
from orders.adapters.outbound.local.dev_issuer import DevIssuer
from orders.adapters.privacy.files import append_private, private_directory, take_from_others, write_private
from orders.application.events.replay_events import Progress, Selection
from orders.bootstrap.config.settings import load_settings
from orders.bootstrap.dev.start import OWN_NAMES, make_data_dir
from orders.bootstrap.errors import CannotRun
from orders.bootstrap.logging import configure_logging
from tests.support.restored_logging import restored_logging


def loose(directory: Path) -> dict[str, str]:
    """Returns the files accessible to others, with their modes."""
    found = [directory, *directory.rglob("*")]
    modes = {str(each.relative_to(directory)): each.lstat().st_mode for each in found if not each.is_symlink()}
    return {name: stat.filemode(mode) for name, mode in modes.items() if mode & 0o077}


@pytest.fixture(params=[0o000, 0o022, 0o277], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_whatever_is_written_is_private(tmp_path: Path) -> None:
    data = tmp_path / "above" / "data"
    private_directory(data / "deep" / "er")
    write_private(data / "deep" / "file", b"1")
    write_private(data / "deep" / "file", b"2")
    with append_private(data / "log") as log:
        log.write("line\n")
    DevIssuer(data / "keys")
    Checkpoint(data / "replay.json", Selection(tenant_id="demo")).keep(Progress())
    with restored_logging():
        configure_logging(load_settings(audit_file=data / "audit" / "audit.log"))
    assert (data / "deep" / "file").read_bytes() == b"2"
    assert loose(tmp_path / "above") == {}


def test_what_is_there_from_before_becomes_private_and_nothing_else(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "mails" / "old").mkdir(parents=True)
    for path in (data / "audit.log", data / "mails" / "a.eml", data / "mails" / "old" / "b.eml"):
        path.write_text("x")
        path.chmod(0o644)
    outside = tmp_path / "outside"
    outside.write_text("x")
    outside.chmod(0o644)
    (data / "mails" / "link").symlink_to(outside)
    make_data_dir(data)
    assert loose(data) == {}
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644

    (data / "somebody's").write_text("x")
    data.chmod(0o755)
    (data / "somebody's").chmod(0o644)
    take_from_others(data, OWN_NAMES)
    assert loose(data).keys() == {".", "somebody's"}


def test_an_audit_file_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    """Another program that ships the file may need to read it."""
    file = tmp_path / "audit.log"
    file.touch()
    file.chmod(0o640)
    with append_private(file) as log:
        log.write("x")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_file_in_the_place_of_a_directory_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(CannotRun, match="Not a directory"):
            make_data_dir(path)
