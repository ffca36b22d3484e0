"""Asks a running service from outside whether it takes changes, without changing anything."""

from http import HTTPStatus

from orders.acceptance.client import ORDERS, ApiResponse, Client, NotReached

PROBE = f"{ORDERS}/ord_00000000000000000000000000/cancel"
"""Cancels an order that can't exist. A region that doesn't write refuses every change with 503 before it looks for the
order; one that does looks, and says 404. So the answer tells the one from the other, and leaves no trace in the data.
"""


class Refused(Exception):
    """The service will never say whether it takes changes: the token, the address or the API key is wrong."""


class TakesChanges:
    """Asks as a customer."""

    def __init__(self, client: Client, token: str) -> None:
        """``token`` is any customer's of any shop."""
        self._client = client
        self._token = token

    def ask(self) -> str | None:
        """Returns why no changes are taken now; ``None`` if they are. Raises: Refused."""
        try:
            answer = self._client.call("POST", PROBE, token=self._token, body={})
        except NotReached as error:
            return str(error)
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise Refused(f"the customer's token is refused: {answer.status}, {answer.fault}")
        if answer.status == HTTPStatus.NOT_FOUND:
            if not _is_ours(answer):
                raise Refused(f"{self._client.base_url} is not this service: {answer.status}, {answer.fault}")
            return None
        return f"{answer.status}: {answer.fault}"


def _is_ours(answer: ApiResponse) -> bool:
    """Tells whether the 404 is the service's own, not that of something before it."""
    try:
        return str(answer.json["type"]).endswith("not-found")
    except (ValueError, KeyError, TypeError):
        return False
