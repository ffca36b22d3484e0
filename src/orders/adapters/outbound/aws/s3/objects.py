"""Reads an S3 object completely and translates every way in which the transfer can break off."""

from typing import TYPE_CHECKING

import aiohttp
from botocore.exceptions import FlexibleChecksumError

from orders.adapters.privacy.exceptions import safe_error_text
from orders.ports.errors import TransientPortError

if TYPE_CHECKING:
    from types_aiobotocore_s3.type_defs import GetObjectOutputTypeDef


async def read_body(response: "GetObjectOutputTypeDef", *, dependency: str) -> bytes:
    """Returns all bytes of a GetObject response.

    Raises:
        TransientPortError: the connection ended early, or the content does not match its checksum.
        botocore.exceptions.BotoCoreError: timeouts and other failures that ``translated`` handles.
    """
    body = response["Body"]
    try:
        # As a context manager the body yields the bare HTTP response, whose read() checks neither length nor checksum.
        async with body:
            return await body.read()
    except (aiohttp.ClientPayloadError, FlexibleChecksumError) as error:
        raise TransientPortError(dependency, f"the object came incomplete: {safe_error_text(error)}") from error
