"""Clients of AWS, and what is said when a call fails."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from deploy.release.ports import CloudFailed

_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 6}, connect_timeout=5, read_timeout=30)


def clients(session: Any = None) -> Callable[[str, str], Any]:
    """Returns a function that gives the client of a service in a region, each made once."""
    made = session or boto3.session.Session()

    @cache
    def client(service: str, region: str) -> Any:
        return made.client(service, region_name=region, config=_CONFIG)

    return client


@contextmanager
def asked(call: str, *, but_for: str | None = None) -> Iterator[None]:
    """Says which call failed and why.

    Args:
        but_for: an error code that is no failure here.

    Raises: CloudFailed.
    """
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        if code != but_for or but_for is None:
            raise CloudFailed(f"{call}: {error}") from error
    except BotoCoreError as error:
        raise CloudFailed(f"{call}: {error}") from error
