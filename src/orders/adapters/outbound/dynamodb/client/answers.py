"""Reads answers of DynamoDB: good ones by msgspec, errors by botocore's own parser."""

import base64
import zlib
from collections.abc import Mapping
from typing import Any

import msgspec
from botocore.model import OperationModel
from botocore.parsers import create_parser

from orders.adapters.outbound.dynamodb.client.connection import Answer

_CHECKSUM = "x-amz-crc32"
_BINARY = (b'"B"', b'"BS"')
_ITEMS = ("Item", "Attributes", "LastEvaluatedKey")
_PARSER = create_parser("json")
_decode = msgspec.json.Decoder().decode


def is_whole(answer: Answer) -> bool:
    """Compares the body with its checksum, as far as there is one."""
    checksum = answer.headers.get(_CHECKSUM)
    return checksum is None or zlib.crc32(answer.body) == int(checksum)


def content_of(answer: Answer) -> dict[str, Any]:
    """Decodes a good answer, as botocore would. Raises: msgspec.DecodeError: it is no JSON object."""
    content = _decode(answer.body) if answer.body else {}
    if not isinstance(content, dict):
        raise msgspec.DecodeError("no object")
    # Few items contain binary values: only where there may be one is the answer walked.
    if any(tag in answer.body for tag in _BINARY):
        _restore_binary(content)
    told: dict[str, Any] = {"HTTPStatusCode": answer.status, "RetryAttempts": 0}
    if (request_id := answer.headers.get("x-amzn-requestid")) is not None:
        told["RequestId"] = request_id
    content["ResponseMetadata"] = told
    return content


def failure_of(answer: Answer, operation: OperationModel) -> dict[str, Any]:
    """Returns what botocore's ``ClientError.response`` would be, with the fields that the service's model gives it."""
    told = {"headers": answer.headers, "status_code": answer.status, "body": answer.body, "context": {}}
    # Its stubs know only the mapping that urllib3 has.
    parser: Any = _PARSER
    response: dict[str, Any] = parser.parse(told, operation.output_shape)
    shape = operation.service_model.shape_for_error_code(response.get("Error", {}).get("Code"))
    if shape is not None:
        response |= parser.parse(told, shape)
    return response


def _restore_binary(content: Mapping[str, Any]) -> None:
    """Decodes the binary values of all items that an answer contains, in place."""
    for name in _ITEMS:
        if name in content:
            _decode_values(content[name])
    for item in content.get("Items", ()):
        _decode_values(item)
    for each in content.get("Responses", ()):
        _restore_binary(each)
        if "Error" in each:
            _restore_binary(each["Error"])


def _decode_values(item: Mapping[str, Any]) -> None:
    for value in item.values():
        _decode_value(value)


def _decode_value(value: dict[str, Any]) -> None:
    for kind, content in value.items():
        if kind == "M":
            _decode_values(content)
        elif kind == "L":
            for each in content:
                _decode_value(each)
        elif kind == "B":
            value[kind] = base64.b64decode(content)
        elif kind == "BS":
            value[kind] = [base64.b64decode(each) for each in content]
