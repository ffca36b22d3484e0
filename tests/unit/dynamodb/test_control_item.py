"""The control table's first item is made by Terraform and read by the service: both mean the same one."""

import re
from datetime import UTC, datetime
from pathlib import Path

from orders.adapters.outbound.dynamodb.items.control_items import control_state
from orders.adapters.outbound.dynamodb.regions.control_table import ITEM_KEY
from orders.bootstrap.resources.topology import CONTROL
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.ports.regions import ControlState

MODULE = Path(__file__).parents[3] / "deploy/terraform/modules/control_table"


def defaults() -> dict[str, str]:
    """The variables of the module that have a text by default."""
    blocks = re.findall(
        r'^variable "(\w+)" \{(.*?)^\}', (MODULE / "variables.tf").read_text(), re.DOTALL | re.MULTILINE
    )
    found = ((name, re.search(r'^  default +=  *"(.*)"$', block, re.MULTILINE)) for name, block in blocks)
    return {name: default[1] for name, default in found if default}


def attributes() -> dict[str, tuple[str, str]]:
    """The attributes of the item, each with its type and the expression of its value."""
    item = re.search(
        r"^  item = jsonencode\(\{(.*?)^  \}\)", (MODULE / "main.tf").read_text(), re.DOTALL | re.MULTILINE
    )
    assert item
    lines = re.findall(r"^ +(\S+) += \{ (\w) = (.*) \}$", item[1], re.MULTILINE)
    return {name: (kind, value) for name, kind, value in lines}


def test_the_service_reads_what_terraform_makes() -> None:
    made = attributes()
    key = packaged_topology().table_of(CONTROL).partition_key
    assert made.pop("(var.declaration.partition_key)") == ("S", "var.item_key")
    assert {key: defaults()["item_key"]} == ITEM_KEY
    given = {
        '"1"': 1,
        "[]": [],
        '"terraform"': "terraform",
        "var.first_writer": "af-south-1",
        "var.created_at": defaults()["created_at"],
    }
    item = ITEM_KEY | {name: given[value] for name, (_, value) in made.items()}
    assert {name: kind for name, (kind, _) in made.items()} == {
        "epoch": "N", "writer": "S", "evacuated": "L", "by": "S", "at": "S",
    }  # fmt: skip
    first = datetime(2026, 1, 1, tzinfo=UTC)
    assert control_state(item) == ControlState(1, "af-south-1", frozenset(), "terraform", first)
