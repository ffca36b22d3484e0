"""Selects the AWS endpoint of a command: its data directory's emulator, a given address, or AWS itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from orders.bootstrap.config.settings import Settings
from orders.bootstrap.dev.emulator_process import LOOPBACK, RunningEmulator
from orders.bootstrap.dev.local_processes import emulator_of, emulators
from orders.bootstrap.errors import CannotRun

_HERE = frozenset({LOOPBACK, "localhost", "::1", "0.0.0.0"})  # noqa: S104 - what an address may be written as


class NoEmulator(CannotRun):
    """No emulator runs for the data directory, and no other address was given."""


@dataclass(frozen=True, slots=True)
class AwsTarget:
    """The AWS endpoint of a command.

    Attributes:
        settings: with the endpoint's address.
        words: its description for people.
        own: true if it is the emulator of the settings' data directory.
    """

    settings: Settings
    words: str
    own: bool = False


def aws_target(settings: Settings) -> AwsTarget:
    """Selects the endpoint for these settings: an explicit address wins, whichever emulator it belongs to.

    Raises: NoEmulator.
    """
    if settings.aws_endpoint_url is not None:
        return _given(settings, settings.aws_endpoint_url)
    if settings.environment != "local":
        return AwsTarget(settings, f"AWS, region {settings.aws_region}, environment {settings.environment}")
    running = emulator_of(settings.orders_data_dir)
    if running is None:
        raise NoEmulator(
            f"no emulator runs for {settings.orders_data_dir}: start one with `make run`, or name the data directory "
            "of a running one with --data-dir or ORDERS_DATA_DIR; to use AWS itself, set ENVIRONMENT"
        )
    if not running.answers():
        raise NoEmulator(
            f"the emulator of {settings.orders_data_dir} (process {running.pid}) doesn't answer on {running.url}: "
            f"run `make stop`, then start it again; its log is {settings.orders_data_dir / 'emulator.log'}"
        )
    found = settings.model_copy(update={"aws_endpoint_url": running.url})
    return AwsTarget(found, f"the emulator of {settings.orders_data_dir} on {running.url}", own=True)


def _given(settings: Settings, url: str) -> AwsTarget:
    own = emulator_of(settings.orders_data_dir)
    at_address = _emulator_at(url, own)
    words = f"{url}, as AWS_ENDPOINT_URL says"
    if at_address is None:
        return AwsTarget(settings, words)
    if own is not None and at_address.pid == own.pid:
        return AwsTarget(settings, f"{words}: the emulator of {settings.orders_data_dir}", own=True)
    return AwsTarget(settings, f"{words}: the emulator of {_short(at_address.data_dir)}, not of this data directory")


def _emulator_at(url: str, own: RunningEmulator | None) -> RunningEmulator | None:
    try:
        address = urlsplit(url)
        port = address.port
    except ValueError:
        return None
    if address.hostname not in _HERE or port is None:
        return None
    return next((each for each in _known(own) if each.port == port), None)


def _known(own: RunningEmulator | None) -> Iterator[RunningEmulator]:
    if own is not None:
        yield own
    yield from emulators()


def _short(directory: Path) -> str:
    """Returns the directory's path relative to the current one, if that is shorter."""
    here = Path.cwd()
    return str(directory.relative_to(here) if directory.is_relative_to(here) else directory)
