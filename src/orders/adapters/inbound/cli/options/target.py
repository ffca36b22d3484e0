"""The service that a command asks from outside: its options, and its address."""

from enum import StrEnum
from typing import Annotated

import typer

from orders.adapters.inbound.cli.runtime import CommandError, Runtime


class Target(StrEnum):
    """Environments that can be asked."""

    LOCAL = "local"
    DEV = "dev"
    SIT = "sit"
    PROD = "prod"


BaseUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="The API's address, such as https://api-dev.bbws.io (default: the local `orders dev`).",
    ),
]
# By ENVIRONMENT, so that who has set it for AWS doesn't find the local service well instead.
TargetEnvironment = Annotated[Target, typer.Option(envvar="ENVIRONMENT", help="The environment of that API.")]


def address_of(base_url: str | None, environment: Target, runtime: Runtime) -> str:
    """Returns the address that was given, else that of the local service. Raises: CommandError: there is neither."""
    if base_url is not None:
        return base_url
    if environment is not Target.LOCAL:
        raise CommandError(f"give the address of {environment}'s API with --base-url")
    return runtime.service_url()
