"""What the API needs beside the rest: only its process, and `orders dev`, load it."""

from dependency_injector import providers

from orders.adapters.inbound.http.app import HttpDependencies
from orders.adapters.inbound.http.security.api_keys import ApiKeyGuard
from orders.adapters.inbound.http.security.auth import Authenticator
from orders.adapters.inbound.http.security.cursor import CursorCodec
from orders.bootstrap.config.keys import api_keys, cursor_keys, token_keys, token_rules
from orders.bootstrap.container.container import Container


class ApiContainer(Container):
    """The service with its HTTP API."""

    api_keys = providers.Singleton(api_keys, Container.settings, Container.secrets)
    token_keys = providers.Singleton(token_keys, Container.settings)
    cursor_keys = providers.Singleton(cursor_keys, Container.settings, Container.secrets, Container.clock)
    authenticator = providers.Singleton(
        Authenticator, token_keys, providers.Singleton(token_rules, Container.settings), Container.clock.provided.now
    )
    served = providers.Singleton(
        HttpDependencies,
        api_keys=providers.Singleton(ApiKeyGuard, api_keys),
        audit=Container.audit,
        authenticator=authenticator,
        cursors=providers.Singleton(CursorCodec, cursor_keys),
        place_order=Container.place_order,
        accept_order=Container.accept_order,
        open_order=Container.open_order,
        list_orders=Container.list_orders,
        change_status=Container.change_status,
        fulfil_order=Container.fulfil_order,
        deliver_parcel=Container.deliver_parcel,
        update_order=Container.update_order,
        delete_order=Container.delete_order,
        erase_personal_data=Container.erase_personal_data,
        read_history=Container.read_history,
        link_document=Container.link_document,
        check_health=Container.check_health,
    )
