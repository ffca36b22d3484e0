"""Adds the HTTP API's own adapters to the container; loaded only by its process and `orders dev`."""

from collections.abc import Callable

from dependency_injector import providers

from orders.adapters.inbound.http.security.api_keys import ApiKeyGuard
from orders.adapters.inbound.http.security.auth import Authenticator
from orders.adapters.inbound.http.security.cursor import CursorCodec
from orders.bootstrap.config.keys import api_keys, cursor_keys, token_keys, token_rules
from orders.bootstrap.container.container import Container
from orders.bootstrap.container.use_cases import UseCases


class ApiContainer(Container):
    """The adapters and use cases of a process that serves the HTTP API."""

    api_keys = providers.Singleton(api_keys, settings=Container.settings, secrets=Container.secrets)
    token_keys = providers.Singleton(token_keys, settings=Container.settings)
    cursor_keys = providers.Singleton(
        cursor_keys, settings=Container.settings, secrets=Container.secrets, clock=Container.clock
    )
    api_key_guard = providers.Singleton(ApiKeyGuard, keys=api_keys)
    authenticator = providers.Singleton(
        Authenticator,
        keys=token_keys,
        rules=providers.Singleton(token_rules, settings=Container.settings),
        now=Container.clock.provided.now,
    )
    cursors = providers.Singleton(CursorCodec, keys=cursor_keys)


def http_dependencies(
    use_cases: UseCases,
    *,
    api_keys: Callable[[], ApiKeyGuard],
    authenticator: Callable[[], Authenticator],
    cursors: Callable[[], CursorCodec],
) -> dict[str, Callable[[], object]]:
    """Maps the names of handlers' parameters to providers: every use case, the lease, and what secures
    requests.
    """
    made = {name: each for name, each in use_cases.providers.items() if isinstance(each, providers.Singleton)}
    return {**made, "lease": use_cases.lease, "api_keys": api_keys, "authenticator": authenticator, "cursors": cursors}


def api_dependencies(container: ApiContainer) -> dict[str, Callable[[], object]]:
    """Returns ``http_dependencies`` filled from the container of a process."""
    return http_dependencies(
        container.use_cases(),
        api_keys=container.api_key_guard,
        authenticator=container.authenticator,
        cursors=container.cursors,
    )
