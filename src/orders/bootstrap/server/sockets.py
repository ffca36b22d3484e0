"""The ports of a process, bound before anything else starts."""

import socket

from orders.bootstrap.config.settings import Settings
from orders.bootstrap.errors import CannotRun

LOOPBACK = "127.0.0.1"


class PortTaken(CannotRun):
    """A port that the process needs is in use."""


def base_url(settings: Settings) -> str:
    """Returns the API's address on this machine."""
    host = f"[{settings.api_host}]" if ":" in settings.api_host else settings.api_host
    return f"http://{host}:{settings.api_port}"


def listen(settings: Settings) -> socket.socket:
    """Binds a socket to the API's address, before anything else starts. Raises: PortTaken."""
    return _bound(
        settings.api_host, settings.api_port, settings.api_backlog, another="API_PORT, or orders dev --port N"
    )


def listen_for_health(port: int) -> socket.socket:
    """Binds a socket for health checks of the container. Raises: PortTaken."""
    return _bound(LOOPBACK, port, 16, another="HEALTH_PORT")


def _bound(host: str, port: int, backlog: int, *, another: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # Bound is not enough: without SO_REUSEPORT a second listener is noticed only here.
        listener.listen(backlog)
    except OSError as error:
        listener.close()
        raise PortTaken(
            f"port {port} on {host} can't be used ({error.strerror or error}); "
            f"stop the process that uses it, or choose another: {another}"
        ) from error
    return listener
