"""Reading an object of a bucket to its end, with every way in which that breaks off."""

from typing import TYPE_CHECKING

import aiohttp
from botocore.exceptions import FlexibleChecksumError

from orders.adapters.privacy.exceptions import safe_error_text
from orders.ports.errors import TransientPortError

if TYPE_CHECKING:
    from types_aiobotocore_s3.type_defs import GetObjectOutputTypeDef


async def read_body(response: "GetObjectOutputTypeDef", *, dependency: str) -> bytes:
    """All bytes of a GetObject response.

    Raises:
        TransientPortError: the connection ended too early, or what came was not what had been stored.
        botocore.exceptions.BotoCoreError: timed out, and other failures that ``translated`` knows.
    """
    body = response["Body"]
    try:
        # What the body gives as context is the bare HTTP response, whose read() checks neither length nor checksum.
        async with body:
            return await body.read()
    except (aiohttp.ClientPayloadError, FlexibleChecksumError) as error:
        raise TransientPortError(dependency, f"the object came incomplete: {safe_error_text(error)}") from error
