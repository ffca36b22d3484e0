"""`orders dev` from its options: settings, what is shown, and the process."""

import asyncio
import sys
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from rich.console import Console

from orders.adapters.inbound.cli.runtime import CommandError, DevAsked
from orders.bootstrap.command_running import command_settings, process_settings, run_once, run_process
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.dev.announcement import ended_at_once
from orders.bootstrap.dev.local_processes import running_service
from orders.bootstrap.dev.shown import Shown
from orders.bootstrap.dev.start import make_data_dir, run_dev
from orders.bootstrap.dev.terminal_log import logging_to_file
from orders.bootstrap.errors import CannotRun

# Short timeouts, so that on a developer's machine work of a crashed process resumes within seconds.
DEV_DEFAULTS: dict[str, Any] = {
    "queue_visibility_seconds": 20,
    "mail_lease_seconds": 15,
    "queue_wait_seconds": 5,
    # Emulators tell quotas of the sandbox; a developer's test of load is not to wait for tomorrow.
    "mail_daily_quota": 1_000_000,
    "relay_lag_seconds": 2,
    "staff_address_fallback": "orders@{tenant}.example",
    "log_format": "console",
    "log_level": "WARNING",
}
FILE_LOG_LEVEL = "INFO"
"""Of the log in a file, where nobody has to look at it, unless LOG_LEVEL says another."""


def dev(asked: DevAsked) -> None:
    """Runs everything on this machine until it is stopped. Raises: CommandError."""
    plain = command_settings(Role.LOCAL, asked.data_dir)
    settings = dev_settings(plain, asked)
    terminal, console = sys.stdout.isatty(), Console(highlight=False, markup=False)
    running = running_service(settings.orders_data_dir)
    if asked.seed and running is not None:
        _seed_running(settings, running.url, console)
        return
    shown = Shown(console, orders=terminal if asked.orders is None else asked.orders, seed=asked.seed)
    try:
        make_data_dir(settings.orders_data_dir)
        with ExitStack() as opened:
            # Whoever has set a format wants to read it. One that runs already has its log in that file.
            if terminal and running is None and "log_format" not in plain.model_fields_set:
                level = plain.log_level if "log_level" in plain.model_fields_set else FILE_LOG_LEVEL
                shown = replace(shown, log=opened.enter_context(logging_to_file(settings, level, shown.line)))
            run_process(
                settings,
                lambda stop: run_dev(settings, stop, shown),
                logs_already=shown.log is not None,
                last_words=ended_at_once(settings),
            )
    except CannotRun as error:
        raise CommandError(str(error)) from error


def _seed_running(settings: Settings, url: str, console: Console) -> None:
    """Makes the sample orders in a service that runs already. Raises: CommandError."""
    on_its_emulator = process_settings(settings)

    async def main(_: asyncio.Event) -> None:
        # Loaded here, as the service itself is: it takes a second.
        from orders.bootstrap.dev.seed.running import seed_running

        await seed_running(on_its_emulator, url, console)

    run_once(on_its_emulator, main)


def dev_settings(plain: Settings, asked: DevAsked) -> Settings:
    """Returns the settings of `orders dev`, with its own defaults for unset variables. Raises: CommandError."""
    defaults = DEV_DEFAULTS | {"audit_file": plain.orders_data_dir / "audit.log"}
    overrides = {name: value for name, value in defaults.items() if name not in plain.model_fields_set}
    if asked.port is not None:
        overrides["api_port"] = asked.port
    if plain.environment != "local":
        raise CommandError(f"`orders dev` needs ENVIRONMENT=local; it is {plain.environment}")
    return command_settings(Role.LOCAL, asked.data_dir, dev_issuer_enabled=True, **overrides)
