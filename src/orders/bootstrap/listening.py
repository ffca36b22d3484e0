"""The API's port, taken before anything else is begun."""

import socket

from orders.bootstrap.errors import CannotRun
from orders.bootstrap.settings import Settings


class PortTaken(CannotRun):
    """The port that the API is to listen on is somebody else's."""


def listen(settings: Settings) -> socket.socket:
    """A socket bound to the API's address, before anything else is begun. Raises: PortTaken."""
    family = socket.AF_INET6 if ":" in settings.api_host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.api_host, settings.api_port))
        # Bound is not enough: without SO_REUSEPORT a second listener is noticed only here.
        listener.listen(settings.api_backlog)
    except OSError as error:
        listener.close()
        raise PortTaken(
            f"port {settings.api_port} on {settings.api_host} can't be used ({error.strerror or error}); "
            "stop what uses it, or choose another: API_PORT, or orders dev --port N"
        ) from error
    return listener
