"""Merging a plan with what came of applying it: what is known stays, what is referred to is filled in."""

from typing import Any

from tests.planned.applied_plan import known, merged

ADDRESS = 'module.region.aws_sqs_queue.this["a.b[c]"]'
AFTER: dict[str, Any] = {"name": "q", "tags": None, "block": [{"given": 1}]}
PLANNED: dict[str, Any] = {
    "resource_changes": [
        {
            "address": ADDRESS, "mode": "managed", "type": "aws_sqs_queue",
            "change": {
                "actions": ["create"], "after": AFTER,
                "after_unknown": {
                    "arn": True, "redrive_policy": True, "kms_key": True, "block": [{"arn": True, "other": True}],
                },
            },
        },
        {"address": "data.aws_region.here", "mode": "data", "type": "aws_region", "change": {"actions": ["read"]}},
    ],
    "planned_values": {"root_module": {"child_modules": [{"resources": [
        {"address": ADDRESS, "mode": "managed", "type": "aws_sqs_queue", "values": AFTER},
    ]}]}},
    "configuration": {"root_module": {"module_calls": {"region": {"module": {"resources": [
        {"address": "aws_sqs_queue.this", "expressions": {
            "name": {}, "redrive_policy": {"references": ["aws_sqs_queue.o.arn"]}, "block": [{"arn": {}, "given": {}}],
        }},
    ]}}}}},
}  # fmt: skip
APPLIED: dict[str, Any] = {
    "values": {
        "root_module": {
            "resources": [
                {
                    "address": ADDRESS,
                    "values": {
                        "name": "q", "arn": "arn:q", "redrive_policy": "{}", "kms_key": "invented",
                        "block": [{"given": 1, "arn": "arn:other", "other": "invented"}],
                    },
                }
            ]
        }
    }
}  # fmt: skip


def test_references_and_identities_are_filled_in_and_inventions_are_not() -> None:
    (found,) = merged(PLANNED, APPLIED).resources
    assert (found.address, found.kind) == (ADDRESS, "aws_sqs_queue")
    assert found.values == {
        "name": "q", "tags": None, "arn": "arn:q", "redrive_policy": "{}", "block": [{"given": 1, "arn": "arn:other"}],
    }  # fmt: skip


def test_a_plan_alone_has_what_it_knows() -> None:
    (found,) = known(PLANNED).within("module.region").resources
    assert found.values == AFTER
    assert known(PLANNED).within("module.other").resources == ()
