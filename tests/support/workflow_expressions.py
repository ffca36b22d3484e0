"""Expressions of workflows (``${{ }}``), evaluated: of GitHub's language only what our steps use.

Anything else is an error, and so is a name that nobody has given: GitHub would take empty text for it, and a step
with a mistyped secret would run. https://docs.github.com/actions/reference/workflows-and-actions/expressions
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Value: TypeAlias = str | bool | Mapping[str, Any]

_PLACE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)|(&&|==|!=|[()]))")


class NotUnderstood(Exception):
    """The expression is none that this evaluator knows, or names what nobody has given."""


@dataclass(frozen=True, slots=True)
class Contexts:
    """What expressions may name.

    Attributes:
        values: ``secrets``, ``needs``, ``steps``, ``inputs``, ``github`` and what they have.
        failed: a step of this job, or a job that it needs, has failed.
    """

    values: Mapping[str, Any]
    failed: bool = False


def substituted(text: str, contexts: Contexts) -> str:
    """Returns the text with each expression replaced by its value. Raises: NotUnderstood."""
    return _PLACE.sub(lambda found: _text(evaluated(found[1], contexts)), text)


def holds(condition: str | None, contexts: Contexts) -> bool:
    """Tells whether a step or job with this ``if`` is run; without a word on failures it needs that there is none.

    Raises: NotUnderstood.
    """
    text = (condition or "success()").strip()
    whole = _PLACE.fullmatch(text)
    text = whole[1] if whole else text
    if not re.search(r"\b(always|failure|success)\(\)", text) and contexts.failed:
        return False
    return _true(evaluated(text, contexts))


def evaluated(expression: str, contexts: Contexts) -> Value:
    """Returns an expression's value. Raises: NotUnderstood."""
    return _Reading(expression, contexts).value()


class _Reading:
    """One expression, read from left to right."""

    def __init__(self, expression: str, contexts: Contexts) -> None:
        self._expression = expression.strip()
        self._contexts = contexts
        self._tokens = self._split()

    def value(self) -> Value:
        found = self._all()
        if self._tokens:
            raise self._unknown()
        return found

    def _split(self) -> list[str]:
        tokens, place = [], 0
        while place < len(self._expression):
            found = _TOKEN.match(self._expression, place)
            if found is None:
                raise self._unknown()
            tokens.append(found[0].strip())
            place = found.end()
        return tokens

    def _all(self) -> Value:
        """``a && b``: the first that is false, otherwise the last."""
        found = self._compared()
        while self._take("&&"):
            following = self._compared()
            found = following if _true(found) else found
        return found

    def _compared(self) -> Value:
        left = self._one()
        for sign in ("==", "!="):
            if self._take(sign):
                return (_same(left, self._one())) is (sign == "==")
        return left

    def _one(self) -> Value:
        if not self._tokens:
            raise self._unknown()
        token = self._tokens.pop(0)
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if not token[0].isalpha():
            raise self._unknown()
        return self._called(token) if self._take("(") else self._named(token)

    def _called(self, function: str) -> Value:
        if function == "toJSON":
            found: Value = json.dumps(self._all(), indent=2)
        elif function == "always":
            found = True
        elif function in {"failure", "success"}:
            found = self._contexts.failed is (function == "failure")
        else:
            raise self._unknown()
        if not self._take(")"):
            raise self._unknown()
        return found

    def _named(self, name: str) -> Value:
        found: Any = self._contexts.values
        for part in name.split("."):
            if not isinstance(found, Mapping) or part not in found:
                raise NotUnderstood(f"nobody has given {name}: {self._expression}")
            found = found[part]
        value: Value = found
        return value

    def _take(self, token: str) -> bool:
        if self._tokens[:1] != [token]:
            return False
        self._tokens.pop(0)
        return True

    def _unknown(self) -> NotUnderstood:
        return NotUnderstood(f"no expression that is known here: {self._expression}")


def _same(left: Value, right: Value) -> bool:
    """Tells whether two texts are the same, without regard to case. Raises: NotUnderstood: they aren't texts."""
    if not (isinstance(left, str) and isinstance(right, str)):
        raise NotUnderstood(f"only texts are compared here: {left!r}, {right!r}")
    return left.casefold() == right.casefold()


def _true(value: Value) -> bool:
    return value not in {"", False} if isinstance(value, str | bool) else True


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        raise NotUnderstood(f"no text: {value!r}")
    return value
