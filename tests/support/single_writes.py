"""PartiQL's writes on emulators that do them wrong: moto takes no parameters in INSERT and looks at no condition of
UPDATE, and MiniStack's are in no stream.

Each statement becomes the write that DynamoDB documents it to be: PutItem of a free key, UpdateItem of an existing
item.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any, cast

_VERSION = "DynamoDB_20120810"
BATCH = f"{_VERSION}.BatchExecuteStatement"

_INSERT = re.compile(r'INSERT INTO "([^"]+)" VALUE \{(.*)\}')
_MEMBER = re.compile(r"'([^']+)': \?")
_UPDATE = re.compile(r'UPDATE "([^"]+)" ((?:SET|REMOVE) .*) WHERE (.*)')
_KEY = re.compile(r'"(PK|SK)" = (:\w+)')
_CODES = {"ConditionalCheckFailedException": "ConditionalCheckFailed", "ValidationException": "ValidationError"}

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def answered_by_single_writes(application: Application, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    """Answers a BatchExecuteStatement by one request to moto for each of its statements."""
    given = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    answers = []
    for statement in given["Statements"]:
        operation, write = write_of(statement["Statement"], statement["Parameters"])
        write["ReturnValuesOnConditionCheckFailure"] = statement["ReturnValuesOnConditionCheckFailure"]
        refused = refusal_of(operation, _asked(application, environ, operation, write))
        answers.append({"Error": refused} if refused else {"TableName": write["TableName"]})
    start("200 OK", [("Content-Type", "application/x-amz-json-1.0")])
    answer: dict[str, Any] = {"Responses": answers}
    if "ReturnConsumedCapacity" in given:
        answer["ConsumedCapacity"] = [{"TableName": write["TableName"], "CapacityUnits": len(answers)}]
    return [json.dumps(answer).encode()]


def write_of(text: str, parameters: list[Any]) -> tuple[str, dict[str, Any]]:
    """Returns the operation that does what a statement does, and its arguments."""
    if inserted := _INSERT.fullmatch(text):
        item = dict(zip(_MEMBER.findall(inserted[2]), parameters, strict=True))
        condition = "attribute_not_exists(PK)"
        return "PutItem", {"TableName": inserted[1], "Item": item, "ConditionExpression": condition}
    updated = _UPDATE.fullmatch(text)
    assert updated, text
    values: dict[str, Any] = {}
    names: dict[str, str] = {}
    given = iter(parameters)

    def valued(_: re.Match[str]) -> str:
        values[f":v{len(values)}"] = next(given)
        return f":v{len(values) - 1}"

    def named(found: re.Match[str]) -> str:
        names[f"#n{len(names)}"] = found[1]
        return f"#n{len(names) - 1}"

    changes, conditions = (re.sub(r"\?", valued, part) for part in updated.groups()[1:])
    key = {name: values.pop(place) for name, place in _KEY.findall(conditions)}
    clauses = [clause for clause in conditions.split(" AND ") if not _KEY.fullmatch(clause)]
    condition = " AND ".join(("attribute_exists(PK)", *clauses))
    return "UpdateItem", {
        "TableName": updated[1],
        "Key": key,
        "UpdateExpression": re.sub(r'"([^"]+)"', named, " ".join(_clauses(changes))),
        "ConditionExpression": re.sub(r'"([^"]+)"', named, condition),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


def _clauses(changes: str) -> Iterator[str]:
    """An update's clauses: PartiQL repeats SET and REMOVE, expressions have each once."""
    parts = re.split(r"(?:^| )(SET|REMOVE) ", changes)[1:]
    for verb in ("SET", "REMOVE"):
        if same := [part for kind, part in zip(parts[::2], parts[1::2], strict=True) if kind == verb]:
            yield f"{verb} {', '.join(same)}"


def _asked(application: Application, environ: dict[str, Any], operation: str, write: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps(write).encode()
    alone = environ | {
        "HTTP_X_AMZ_TARGET": f"{_VERSION}.{operation}",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
    # What moto's server keeps of a request in its environment.
    for name in [name for name in alone if name.startswith("werkzeug.")]:
        del alone[name]
    said: list[str] = []
    answer = b"".join(application(alone, lambda status, *_: said.append(status)))
    return cast("dict[str, Any]", json.loads(answer or b"{}"))


def refusal_of(operation: str, answer: dict[str, Any]) -> dict[str, Any] | None:
    """Returns the error that a batch has for a statement whose write was answered so; ``None`` if it was done."""
    if "__type" not in answer:
        return None
    if operation == "PutItem":
        return {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}
    code = answer["__type"].rpartition("#")[2]
    item = {"Item": answer["Item"]} if "Item" in answer else {}
    return {"Code": _CODES[code], "Message": answer.get("message", answer.get("Message", "")), **item}
