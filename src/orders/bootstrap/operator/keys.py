"""The use case of the command that renews keys, opened for one command and closed after it."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from orders.adapters.outbound.aws.secrets_manager import SecretsManager
from orders.adapters.outbound.system import SystemClock
from orders.application.operations.rotate_cursor_key import RotateCursorKey
from orders.bootstrap.aws import SECRET_SERVICES, open_clients
from orders.bootstrap.config.keys import cursor_keys_sign_after
from orders.bootstrap.config.settings import Settings, SettingsError
from orders.ports.secrets import MIN_KEY_BYTES


@asynccontextmanager
async def open_cursor_rotation(settings: Settings, *, secret: str | None = None) -> AsyncIterator[RotateCursorKey]:
    """Opens the rotation of the secret with the key that signs cursors. Raises: SettingsError: none is named."""
    name = secret or settings.cursor_keys_secret
    if name is None:
        raise SettingsError("which secret is rotated: name it with --secret or CURSOR_KEYS_SECRET")
    async with open_clients(settings, SECRET_SERVICES) as clients:
        store = SecretsManager(clients.secretsmanager)
        yield RotateCursorKey(
            store,
            store,
            SystemClock(),
            name=name,
            signs_after=cursor_keys_sign_after(settings),
            new_key=partial(secrets.token_urlsafe, MIN_KEY_BYTES),
        )
