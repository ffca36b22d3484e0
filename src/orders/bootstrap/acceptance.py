"""Builds the smoke test and the load test of a running service: client and tokens."""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from random import Random
from urllib.parse import urlencode

from orders.acceptance.client import ORDERS, ApiResponse, Client, NotReached
from orders.acceptance.load.figures import PhaseResult
from orders.acceptance.load.profile import Profile
from orders.acceptance.read_only import ReadOnlySmoke
from orders.acceptance.smoke import CUSTOMER, Smoke, Tokens
from orders.acceptance.steps import Failed, Patience
from orders.bootstrap.config.keys import dev_issuer_in_use, has_dev_issuer
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.dev.demo import DEMO_TENANT
from orders.bootstrap.errors import CannotRun


def client_of(settings: Settings, base_url: str) -> Client:
    """Makes a client of the service at this address. Raises: CannotRun."""
    key = settings.smoke_api_key
    try:
        return Client(base_url, api_key=None if key is None else key.get_secret_value())
    except ValueError as error:
        raise CannotRun(str(error)) from error


def tokens_for(settings: Settings, client: Client, environment: str) -> Tokens:
    """Returns the given tokens; in the local environment, missing ones are requested or issued.

    Raises: CannotRun: a token is missing, or the development issuer's key can't be used.
    """
    given = {"SMOKE_CUSTOMER_TOKEN": settings.smoke_customer_token, "SMOKE_ADMIN_TOKEN": settings.smoke_admin_token}
    customer, admin = (None if token is None else token.get_secret_value() for token in given.values())
    if environment == "local":
        return Tokens(
            customer or _local_token(settings, client, "customer"), admin or _local_token(settings, client, "admin")
        )
    if customer is None or admin is None:
        missing = " and ".join(name for name, token in given.items() if token is None)
        raise CannotRun(f"{missing} must be set to test {environment}")
    return Tokens(customer, admin)


def customer_token(settings: Settings, client: Client, environment: str) -> str:
    """Returns the customer's token alone, as ``tokens_for`` does. Raises: CannotRun."""
    if settings.smoke_customer_token is not None:
        return settings.smoke_customer_token.get_secret_value()
    if environment != "local":
        raise CannotRun(f"SMOKE_CUSTOMER_TOKEN must be set to ask {environment} whether it takes changes")
    return _local_token(settings, client, "customer")


def ask_for_quote(settings: Settings, base_url: str, environment: str, role: str, body: str) -> ApiResponse:
    """Asks a service for a quote with the token of a role, ``customer`` or ``admin``.

    Raises: CannotRun, NotReached.
    """
    client = client_of(settings, base_url)
    given = settings.smoke_customer_token if role == "customer" else settings.smoke_admin_token
    if given is not None:
        token = given.get_secret_value()
    elif environment == "local":
        token = _local_token(settings, client, role)
    else:
        raise CannotRun(f"SMOKE_{role.upper()}_TOKEN must be set to ask {environment} for a quote")
    return client.call("POST", f"{ORDERS}/quote", token=token, body=body)


def smoke_of(settings: Settings, client: Client, environment: str, waiting: Patience) -> Smoke:
    """Builds the smoke test of an environment. Raises: CannotRun."""
    return Smoke(client, tokens_for(settings, client, environment), waiting)


def read_only_smoke_of(settings: Settings, client: Client, environment: str) -> ReadOnlySmoke:
    """Builds the smoke test that only reads. Raises: CannotRun."""
    return ReadOnlySmoke(client, tokens_for(settings, client, environment))


def run_load(
    settings: Settings, base_url: str, environment: str, profile: Profile, tell: Callable[[str], None]
) -> Iterator[PhaseResult]:
    """Runs the load test of an environment and yields each phase's result. Raises: CannotRun."""
    import uvloop

    from orders.acceptance.async_client import AsyncClient
    from orders.acceptance.load.callers import Callers
    from orders.acceptance.load.pace import RealClock
    from orders.acceptance.load.run import LoadTest

    tokens = tokens_for(settings, client_of(settings, base_url), environment)
    key = settings.smoke_api_key
    run = secrets.token_hex(4)
    chance = Random(run)  # noqa: S311 - which order is read next
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        client = runner.run(AsyncClient(base_url, api_key=None if key is None else key.get_secret_value()).__aenter__())
        results = LoadTest(Callers(client, tokens, chance, run=run), profile, RealClock(), chance, tell).run()
        try:
            while (result := runner.run(anext(results, None))) is not None:
                yield result
        except Failed as error:
            raise CannotRun(str(error)) from error
        finally:
            runner.run(results.aclose())
            runner.run(client.__aexit__(None, None, None))


def _local_token(settings: Settings, client: Client, role: str) -> str:
    who = CUSTOMER if role == "customer" else f"smoke_{role}"
    # From the service itself, whose issuer's key may be inside a container; without local pages it issues none.
    try:
        answer = client.call("GET", f"/local/token?{urlencode({'tenant': DEMO_TENANT, 'customer': who, 'role': role})}")
    except NotReached as error:
        if not has_dev_issuer(settings):
            raise CannotRun(str(error)) from error
        answer = None
    if answer is not None and answer.status == HTTPStatus.OK:
        return answer.body.decode()
    return dev_issuer_in_use(settings).token(
        tenant_id=DEMO_TENANT, customer_id=who, roles=[role], now=datetime.now(UTC)
    )
