"""What a plan is going to make, with references filled in: the plan is applied to the stand-in provider's own state.

A plan doesn't know what AWS gives out: ARNs, URLs, ids. So the plan's very file is applied by a provider that makes
nothing and invents those; then each value is the plan's own where the plan knows it, and the applied one where the
configuration sets the attribute (a reference, say) or where it identifies the resource. What a provider invents for
attributes that nobody set stays out.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from tests.terraform.terraform import plan, terraform

Values: TypeAlias = dict[str, Any]

IDENTITIES = frozenset({"arn", "id", "url", "stream_arn"})
"""Attributes that AWS gives out and others refer to."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A resource of a plan.

    Attributes:
        address: as Terraform writes it: ``module.region.module.queues.aws_sqs_queue.this["relay"]``.
        kind: its type: ``aws_sqs_queue``.
        values: known values; ARNs, ids and URLs are invented ones, the same wherever they are referred to.
    """

    address: str
    kind: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ResourcePlan:
    """The resources that an environment's plan makes."""

    resources: tuple[Planned, ...]

    def of_kind(self, *kinds: str) -> Iterator[Planned]:
        """The resources of these types, in the order of the plan."""
        return (each for each in self.resources if each.kind in kinds)

    @property
    def account(self) -> str:
        """The account that the plan is for."""
        arns = (str(each.values.get("arn", "")).split(":") for each in self.resources)
        return next(parts[4] for parts in arns if len(parts) > 5 and parts[4])

    def within(self, module: str) -> "ResourcePlan":
        """The resources below a module: those of one region, where a plan has two."""
        return ResourcePlan(tuple(each for each in self.resources if each.address.startswith(f"{module}.")))


def applied_plan(directory: Path) -> ResourcePlan:
    """Plans and applies the environment in a copy's directory, which ends with local state. Raises: TerraformFailed."""
    planned = plan(directory)
    terraform(directory, "apply", "-no-color", "plan.tfplan")
    applied = json.loads(terraform(directory, "show", "-json"))
    return merged(planned, applied)


def known(planned: Mapping[str, Any]) -> ResourcePlan:
    """Returns what a plan alone knows, without what AWS gives out."""
    every = _resources(planned["planned_values"]["root_module"])
    return ResourcePlan(
        tuple(Planned(each["address"], each["type"], each["values"]) for each in every if each["mode"] == "managed")
    )


def merged(planned: Mapping[str, Any], applied: Mapping[str, Any]) -> ResourcePlan:
    """Merges a plan and the state after it, both as ``terraform show -json`` has them."""
    state = {each["address"]: each["values"] for each in _resources(applied["values"]["root_module"])}
    configured = dict(_configured(planned["configuration"]["root_module"], ""))
    found = []
    for change in planned["resource_changes"]:
        if change["mode"] != "managed" or "create" not in change["change"]["actions"]:
            continue
        address = change["address"]
        expressions = configured[_without_keys(address)]
        values = _filled(change["change"]["after"], change["change"]["after_unknown"], state[address], expressions)
        given = {name: state[address][name] for name in IDENTITIES & state[address].keys()}
        found.append(Planned(address, change["type"], given | values))
    return ResourcePlan(tuple(found))


def _filled(known: Any, unknown: Any, applied: Any, expressions: Any) -> Any:
    """Returns what is known, and beside it the applied value of what is unknown where the configuration sets it."""
    if unknown is True:
        return applied
    if isinstance(unknown, dict) and isinstance(known, dict):
        filled = dict(known)
        for name, how in unknown.items():
            # Blocks stand in lists, in the configuration too; a map's members are nowhere but in the map itself.
            if how is not True or name in _names(expressions):
                filled[name] = _filled(known.get(name), how, applied.get(name), _inner(expressions, name))
        return filled
    if isinstance(unknown, list) and isinstance(known, list):
        return [
            _filled(known[at] if at < len(known) else None, how, applied[at], expressions)
            for at, how in enumerate(unknown)
        ]
    return known


def _names(expressions: Any) -> set[str]:
    blocks = expressions if isinstance(expressions, list) else [expressions]
    return {name for block in blocks if isinstance(block, dict) for name in block}


def _inner(expressions: Any, name: str) -> Any:
    blocks = expressions if isinstance(expressions, list) else [expressions]
    found = [block[name] for block in blocks if isinstance(block, dict) and name in block]
    return [each for one in found for each in (one if isinstance(one, list) else [one])]


def _resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _resources(child)


def _configured(module: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for each in module.get("resources", []):
        yield prefix + each["address"], each.get("expressions", {})
    for name, call in module.get("module_calls", {}).items():
        yield from _configured(call["module"], f"{prefix}module.{name}.")


def _without_keys(address: str) -> str:
    """Removes the keys of ``count`` and ``for_each`` from an address; a key may have dots and brackets in it."""
    kept, depth, quoted, escaped = [], 0, False, False
    for sign in address:
        if quoted:
            quoted, escaped = (sign != '"' or escaped), sign == "\\" and not escaped
        elif sign == '"':
            quoted = True
        elif sign == "[":
            depth += 1
        elif sign == "]":
            depth -= 1
        elif depth == 0:
            kept.append(sign)
    return "".join(kept)
