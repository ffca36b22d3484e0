"""What a plan lets each role do, and what of it the recorded calls need."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tests.iam.callers import OTHER_DOCUMENTS
from tests.iam.policy import Request, Statement, is_allowed, parse_policy
from tests.iam.recording import Call
from tests.iam.requests import RECORDED_IN, Place, requests_of
from tests.planned.applied_plan import ResourcePlan
from tests.planned.tasks import named_role, planned_settings

TASK_POLICY = "task"
"""The name of the policy that says what a role's processes do themselves; others are for those who start them."""

RELEASE = "release"

_SECRETS = ("CURSOR_KEYS_SECRET", "API_KEYS_SECRET")


@dataclass(frozen=True, slots=True)
class Grants:
    """The policies of one environment in one region, by role."""

    place: Place
    policies: Mapping[str, tuple[Statement, ...]]

    def requests(self, calls: Iterable[Call]) -> dict[str, list[Request]]:
        """Returns what each role must be allowed for these calls, each thing once."""
        found: dict[str, dict[str, Request]] = {}
        for call in calls:
            for request in requests_of(call, self.place):
                found.setdefault(call.role, {})[repr(request)] = request
        return {role: list(each.values()) for role, each in found.items()}

    def refused(self, requests: Mapping[str, Iterable[Request]]) -> Iterator[tuple[str, Request]]:
        """Finds the requests that a role makes and is not allowed."""
        for role, each in requests.items():
            for request in each:
                if not is_allowed(self.policies.get(role, ()), request):
                    yield role, request

    def idle(self, requests: Mapping[str, Iterable[Request]]) -> Iterator[tuple[str, str, str]]:
        """Finds statements, and single actions and resources in them, without which all requests are allowed as well.

        Yields role, statement, and the action or resource; that is empty for a whole statement.
        """
        for role, statements in self.policies.items():
            alone = dict(_allowed_by_one(statements, requests.get(role, ())))
            for statement in statements:
                if statement.effect == "Deny":
                    continue
                needing = alone.get(statement.sid, [])
                if not needing:
                    yield role, statement.sid, ""
                    continue
                for part, rest in statement.parts():
                    if all(rest.applies(request) for request in needing):
                        yield role, statement.sid, part


def _allowed_by_one(
    statements: Iterable[Statement], requests: Iterable[Request]
) -> Iterator[tuple[str, list[Request]]]:
    found: dict[str, list[Request]] = {}
    for request in requests:
        allowing = [each.sid for each in statements if each.effect == "Allow" and each.applies(request)]
        if len(allowing) == 1:
            found.setdefault(allowing[0], []).append(request)
    yield from found.items()


def principals(plan: ResourcePlan) -> dict[str, tuple[Statement, ...]]:
    """Returns all that the plan grants, by who has it: each role with its own policies, and the release role.

    Managed policies are the release role's, all of them; a boundary grants nothing. What a plan doesn't know is left
    out: see ``unknown_policies``.
    """
    found: dict[str, tuple[Statement, ...]] = {}
    for each in plan.of_kind("aws_iam_role_policy", "aws_iam_policy"):
        if "policy" in each.values and "boundary" not in each.values["name"]:
            role = each.values.get("role", each.address)
            owner = RELEASE if each.kind == "aws_iam_policy" else role
            found[owner] = (*found.get(owner, ()), *parse_policy(each.values["policy"]))
    return found


def unknown_policies(plan: ResourcePlan) -> set[str]:
    """Returns the names of the policies that the plan doesn't know."""
    return {
        each.values["name"]
        for each in plan.of_kind("aws_iam_role_policy", "aws_iam_policy")
        if "policy" not in each.values
    }


def grants_of(plan: ResourcePlan) -> list[Grants]:
    """Returns the grants of each region that a plan has task roles in."""
    regions = dict.fromkeys(each.address.split(".")[1] for each in plan.of_kind("aws_ecs_task_definition"))
    return [_grants(plan.within(f"module.{region}")) for region in regions]


def _grants(plan: ResourcePlan) -> Grants:
    policies: dict[str, tuple[Statement, ...]] = {}
    places = set()
    for each in plan.of_kind("aws_iam_role_policy"):
        named = named_role(each.values["role"])
        if named is not None and each.values["name"] == TASK_POLICY:
            environment, role, region = named
            places.add((environment, region))
            policies[role] = parse_policy(each.values["policy"])
    ((environment, region),) = places
    arns = (resource for statements in policies.values() for each in statements for resource in each.resources)
    account = next(parts[4] for parts in (arn.split(":") for arn in arns) if len(parts) > 5 and parts[4])
    return Grants(_place(plan, environment, region, account), policies)


def _place(plan: ResourcePlan, environment: str, region: str, account: str) -> Place:
    settings = planned_settings(plan)
    sender = settings["customer-notifier"]
    identities = {each.values["email_identity"] for each in plan.of_kind("aws_sesv2_email_identity")}
    domain = sender["MAIL_FROM"].rpartition("@")[2]
    return Place(
        environment=environment,
        region=region,
        account=account,
        buckets={
            f"{name}-{RECORDED_IN}": _bucket(plan, f"{name}-{environment}")
            for name in ("bbws-orders", "bbws-email-templates")
        }
        | {OTHER_DOCUMENTS: _other_bucket(plan, environment)},
        identity=domain if domain in identities else sender["MAIL_FROM"],
        mail_from=sender["MAIL_FROM"],
        configuration_set=sender.get("MAIL_CONFIGURATION_SET"),
        # The role is there before its task is: only production has keys that are renewed.
        secrets={"key-rotation": (f"bbws-orders/{environment}/cursor-keys",)}
        | {role: tuple(given[name] for name in _SECRETS if name in given) for role, given in settings.items()},
    )


def _other_bucket(plan: ResourcePlan, environment: str) -> str:
    own = f"bbws-orders-{environment}"
    (there,) = {own, f"{own}-dr"} - {_bucket(plan, own)}
    return there if planned_settings(plan)["event-processor"].get("OTHER_REGION") else _bucket(plan, own)


def _bucket(plan: ResourcePlan, name: str) -> str:
    planned = {each.values["bucket"] for each in plan.of_kind("aws_s3_bucket")}
    (found,) = planned & {name, f"{name}-dr"}
    return str(found)
