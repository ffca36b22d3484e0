"""Maps which region may write to and from the attributes of the control table's item."""

import re
from collections.abc import Mapping
from typing import Any

from orders.adapters.outbound.dynamodb.items.attribute_values import Item
from orders.adapters.outbound.dynamodb.items.instants import instant_text, parse_instant
from orders.adapters.outbound.dynamodb.items.schema import item_reader
from orders.adapters.outbound.dynamodb.items.shapes import check_shape
from orders.ports.errors import ItemKind
from orders.ports.regions import ControlState, Switch, SwitchStep

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


def control_to_item(state: ControlState) -> Item:
    """Converts the state to attributes, without its key and, if there is none, without a switch."""
    item: Item = {
        "epoch": state.epoch,
        "writer": state.writer,
        "evacuated": sorted(state.evacuated),
        "by": state.by,
        "at": instant_text(state.at),
        "revision": state.revision,
    }
    switch = state.switch
    if switch is not None:
        item["switch"] = {
            "target": switch.target,
            "source": switch.source,
            "planned": switch.planned,
            "failback": switch.failback,
            "step": switch.step.value,
            "epoch": switch.epoch,
            "before": sorted(switch.before),
            "by": switch.by,
            "at": instant_text(switch.at),
        }
    return item


@item_reader(ItemKind.CONTROL, ControlState)
def control_state(item: Mapping[str, Any]) -> ControlState:
    """Parses the item. A switch that can't be read doesn't keep a region from knowing who writes.

    Raises: UnreadableItem.
    """
    if item["epoch"] < 1:
        raise ValueError("epochs count from 1")
    switch, unclear = _switch(item.get("switch"))
    return ControlState(
        epoch=item["epoch"],
        writer=_region(item["writer"]),
        evacuated=_regions(item["evacuated"]),
        by=item["by"],
        at=parse_instant(item["at"]),
        revision=item.get("revision", 0),
        switch=switch,
        unclear=unclear,
    )


def _switch(found: Any) -> tuple[Switch | None, bool]:
    """Returns the switch, and whether there is one that can't be read."""
    if found is None:
        return None, False
    try:
        switch = Switch(
            target=_region(found["target"]),
            source=_region(found["source"]),
            planned=found["planned"],
            failback=found["failback"],
            step=SwitchStep(found["step"]),
            epoch=found["epoch"],
            before=_regions(found["before"]),
            by=found["by"],
            at=parse_instant(found["at"]),
        )
        check_shape(switch, Switch)
    except (LookupError, ValueError, TypeError):
        return None, True
    return switch, False


def _regions(found: Any) -> frozenset[str]:
    if not isinstance(found, list):
        raise TypeError("evacuated regions are a list")
    return frozenset(map(_region, found))


def _region(text: str) -> str:
    """Returns the text if it is a region's name: one that is misspelt would be taken for neither of the two."""
    if not _REGION.fullmatch(text):
        raise ValueError("no region's name")
    return text
