"""Rules of Amazon ECS: services, tasks, autoscaling."""

from collections.abc import Iterator

from tests.terraform.rules.rule import Everything, Resource, between, each, one_of, rule

API = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference"
SCALING = "https://docs.aws.amazon.com/autoscaling/application/APIReference"

FARGATE: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4097, 1024)),
    1024: tuple(range(2048, 8193, 1024)),
    2048: tuple(range(4096, 16385, 1024)),
    4096: tuple(range(8192, 30721, 1024)),
    8192: tuple(range(16384, 61441, 4096)),
    16384: tuple(range(32768, 122881, 8192)),
}
IN_STEPS = {"LINEAR": "linear_configuration", "CANARY": "canary_configuration"}
KINDS_OF_RELEASES = ("ROLLING", "BLUE_GREEN", *IN_STEPS)
ANOTHER_ROUTER = {"name": "another", "firelensConfiguration": {"type": "fluentbit"}}

between(
    "aws_ecs_service",
    f"{API}/API_DeploymentConfiguration.html",
    deployment_configuration__bake_time_in_minutes=(0, 1440),
    deployment_configuration__linear_configuration__step_percent=(3, 100),
    deployment_configuration__linear_configuration__step_bake_time_in_minutes=(0, 1440),
)
between(
    "aws_ecs_service",
    f"{API}/API_CreateService.html",
    health_check_grace_period_seconds=(0, 2_147_483_647),
    capacity_provider_strategy__weight=(0, 1000),
)
between(
    "aws_ecs_task_definition",
    f"{API}/API_HealthCheck.html",
    container_definitions__healthCheck__interval=(5, 300),
    container_definitions__healthCheck__timeout=(2, 60),
    container_definitions__healthCheck__retries=(1, 10),
    container_definitions__healthCheck__startPeriod=(0, 300),
)
between("aws_ecs_task_definition", f"{API}/API_ContainerDefinition.html", container_definitions__stopTimeout=(0, 120))
between(
    "aws_ecs_task_definition",
    f"{API}/API_ContainerRestartPolicy.html",
    container_definitions__restartPolicy__restartAttemptPeriod=(60, 1800),
)
one_of("aws_ecs_service", f"{API}/API_CreateService.html", "propagate_tags", "TASK_DEFINITION", "SERVICE", "NONE")
one_of("aws_ecs_service", f"{API}/API_CreateService.html", "availability_zone_rebalancing", "ENABLED", "DISABLED")
one_of("aws_ecs_service", f"{API}/API_DeploymentController.html", "deployment_controller.type", "ECS", "EXTERNAL")
one_of(
    "aws_ecs_service",
    f"{API}/API_CapacityProviderStrategyItem.html",
    "capacity_provider_strategy.capacity_provider",
    "FARGATE",
    "FARGATE_SPOT",
)
one_of(
    "aws_ecs_task_definition", f"{API}/API_RuntimePlatform.html", "runtime_platform.cpu_architecture", "ARM64", "X86_64"
)
one_of("aws_ecs_cluster", f"{API}/API_ClusterSetting.html", "setting.value", "enabled", "disabled", "enhanced")


def _strategy(service: Resource) -> str:
    found: list[str] = each(service, "deployment_configuration.strategy")
    return found[0] if found else "ROLLING"


@rule("aws_ecs_service", ("deployment_configuration.strategy", "CANRY"), ("deployment_configuration.strategy", None))
def the_strategy_is_known_and_has_its_own_blocks(service: Resource, _: Everything) -> Iterator[str]:
    """Steps belong to their own strategy.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
    """
    strategy = _strategy(service)
    if strategy not in KINDS_OF_RELEASES:
        yield f"strategy is {strategy}: one of {KINDS_OF_RELEASES}"
    for kind, block in IN_STEPS.items():
        if bool(each(service, f"deployment_configuration.{block}")) != (strategy == kind):
            yield f"{block} belongs to {kind}, and {kind} to it: the strategy is {strategy}"


@rule("aws_ecs_service", ("deployment_circuit_breaker", [{"enable": True, "rollback": True}]))
def the_circuit_breaker_is_for_rolling_releases(service: Resource, _: Everything) -> Iterator[str]:
    """Blue/green releases, in steps or not, are watched by alarms.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
    """
    if _strategy(service) != "ROLLING" and each(service, "deployment_circuit_breaker.enable") == [True]:
        yield f"{_strategy(service)} has no circuit breaker"


@rule("aws_ecs_service", ("load_balancer.advanced_configuration", []), ("load_balancer", []))
def a_release_that_shifts_requests_has_two_target_groups(service: Resource, _: Everything) -> Iterator[str]:
    """ECS shifts requests between the groups that ``advanced_configuration`` names.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AdvancedConfiguration.html
    """
    if _strategy(service) != "ROLLING" and not each(service, "load_balancer.advanced_configuration"):
        yield f"{_strategy(service)} needs a load_balancer with advanced_configuration"


@rule("aws_ecs_service", ("wait_for_steady_state", False))
def an_interrupted_apply_rolls_back_only_what_it_waits_for(service: Resource, _: Everything) -> Iterator[str]:
    """The provider stops a release only while it waits for its end.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopServiceDeployment.html
    """
    if service.get("sigint_rollback") and not service.get("wait_for_steady_state"):
        yield "sigint_rollback needs wait_for_steady_state"


@rule("aws_ecs_service", ("deployment_maximum_percent", 100))
def tasks_are_balanced_over_zones_by_starting_more(service: Resource, _: Everything) -> Iterator[str]:
    """Rebalancing starts a task before it stops one.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
    """
    if service.get("availability_zone_rebalancing") == "ENABLED" and service["deployment_maximum_percent"] <= 100:
        yield "availability_zone_rebalancing needs deployment_maximum_percent above 100"


@rule("aws_ecs_service", ("load_balancer.container_port", 8081), ("load_balancer.container_name", "elsewhere"))
def requests_go_to_a_port_of_a_container(service: Resource, everything: Everything) -> Iterator[str]:
    """Port and container are those of the task definition.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LoadBalancer.html
    """
    ports = {
        (container["name"], mapping["containerPort"])
        for task in everything["aws_ecs_task_definition"]
        if task["family"] == service["name"]
        for container in task["container_definitions"]
        for mapping in container.get("portMappings", [])
    }
    for block in service["load_balancer"]:
        if (block["container_name"], block["container_port"]) not in ports:
            yield f"no container has this port: {block['container_name']} {block['container_port']}"


@rule("aws_ecs_task_definition", ("memory", "3000"), ("cpu", "300"), ("cpu", "4096"))
def cpu_and_memory_are_a_pair_of_fargate(task: Resource, _: Everything) -> Iterator[str]:
    """Fargate has sizes of its own.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
    """
    if int(task["memory"]) not in FARGATE.get(int(task["cpu"]), ()):
        yield f"{task['cpu']} CPU units with {task['memory']} MiB are no pair of Fargate"


@rule("aws_ecs_task_definition", ("container_definitions.memory", 130_000), ("container_definitions.memory", 5))
def containers_fit_into_their_task(task: Resource, _: Everything) -> Iterator[str]:
    """Limits of containers together are within the task's, and each has at least 6 MiB.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
    """
    limits = each(task, "container_definitions.memory")
    if sum(limits) > int(task["memory"]) or min(limits) < 6:
        yield f"limits {limits} MiB in a task of {task['memory']} MiB"
    if len(limits) != len(task["container_definitions"]):
        yield "a container without a limit takes what the others need"


@rule(
    "aws_ecs_task_definition",
    ("container_definitions", lambda found: [*found, ANOTHER_ROUTER]),
    ("container_definitions", lambda found: [one for one in found if "firelensConfiguration" not in one]),
)
def a_task_has_one_log_router(task: Resource, _: Everything) -> Iterator[str]:
    """Logs go through FireLens only where a container routes them; a task has at most one such container.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_FirelensConfiguration.html
    """
    routers = len(each(task, "container_definitions.firelensConfiguration"))
    routed = "awsfirelens" in each(task, "container_definitions.logConfiguration.logDriver")
    if routers > 1 or (routed and not routers):
        yield f"{routers} log routers"


@rule("aws_ecs_task_definition", ("network_mode", "bridge"), ("container_definitions.privileged", True))
def a_task_can_run_on_fargate(task: Resource, _: Everything) -> Iterator[str]:
    """Fargate has its own network for a task, and no privileged containers.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
    """
    if task["network_mode"] != "awsvpc" or any(each(task, "container_definitions.privileged")):
        yield "Fargate needs network_mode awsvpc and unprivileged containers"


@rule("aws_ecs_task_definition", ("container_definitions.dependsOn.condition", "READY"))
def containers_wait_for_what_ecs_can_tell(task: Resource, _: Everything) -> Iterator[str]:
    """A container waits for another one of its task, and for ``HEALTHY`` only where that one has a health check.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html
    """
    containers = {one["name"]: one for one in task["container_definitions"]}
    for wait in each(task, "container_definitions.dependsOn"):
        if wait["condition"] not in {"START", "COMPLETE", "SUCCESS", "HEALTHY"}:
            yield f"dependsOn: condition {wait['condition']}"
        other = containers.get(wait["containerName"], {})
        if not other or (wait["condition"] == "HEALTHY" and not other.get("healthCheck")):
            yield f"dependsOn: {wait['containerName']} is not there, or can't be healthy"


@rule("aws_appautoscaling_target", ("min_capacity", 1000))
def there_is_room_between_least_and_most(target: Resource, _: Everything) -> Iterator[str]:
    """The least is at most the most.

    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
    """
    if not 0 <= target["min_capacity"] <= target["max_capacity"]:
        yield f"from {target['min_capacity']} to {target['max_capacity']} tasks"


one_of("aws_appautoscaling_target", f"{SCALING}/API_ScalableTarget.html", "service_namespace", "ecs")
one_of(
    "aws_appautoscaling_target", f"{SCALING}/API_ScalableTarget.html", "scalable_dimension", "ecs:service:DesiredCount"
)
one_of(
    "aws_appautoscaling_policy",
    f"{SCALING}/API_PredefinedMetricSpecification.html",
    "target_tracking_scaling_policy_configuration.predefined_metric_specification.predefined_metric_type",
    "ECSServiceAverageCPUUtilization",
    "ECSServiceAverageMemoryUtilization",
    "ALBRequestCountPerTarget",
)
TRACKING = "target_tracking_scaling_policy_configuration"
METRICS = f"{TRACKING}.customized_metric_specification.metrics"


@rule("aws_appautoscaling_policy", (f"{METRICS}.return_data", lambda now: not now), (METRICS, lambda now: now * 4))
def a_tracked_figure_is_one_of_at_most_ten_queries(policy: Resource, _: Everything) -> Iterator[str]:
    """Metric math has ten queries at most, of which exactly one is the figure.

    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingMetricDataQuery.html
    """
    queries = each(policy, METRICS)
    if queries and (len(queries) > 10 or sum(bool(one["return_data"]) for one in queries) != 1):
        yield f"{len(queries)} queries: at most 10, and one returns data"


@rule(
    "aws_appautoscaling_policy", (f"{TRACKING}.predefined_metric_specification", [{"predefined_metric_type": "x"}] * 2)
)
def a_policy_tracks_one_figure(policy: Resource, _: Everything) -> Iterator[str]:
    """A policy has a predefined or a customised metric.

    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingScalingPolicyConfiguration.html
    """
    for tracking in policy[TRACKING]:
        if len(tracking["predefined_metric_specification"]) + len(tracking["customized_metric_specification"]) != 1:
            yield "one of predefined_metric_specification and customized_metric_specification"
        if tracking["target_value"] <= 0:
            yield "target_value must be above 0"


STEPS = "step_scaling_policy_configuration"

one_of(
    "aws_appautoscaling_policy",
    f"{SCALING}/API_StepScalingPolicyConfiguration.html",
    f"{STEPS}.adjustment_type",
    "ChangeInCapacity",
    "PercentChangeInCapacity",
    "ExactCapacity",
)
one_of(
    "aws_appautoscaling_policy",
    f"{SCALING}/API_StepScalingPolicyConfiguration.html",
    f"{STEPS}.metric_aggregation_type",
    "Average",
    "Minimum",
    "Maximum",
)


@rule("aws_appautoscaling_policy", ("policy_type", "StepScaling"), ("policy_type", "Tracking"), (TRACKING, []))
def a_policy_has_the_block_of_its_kind(policy: Resource, _: Everything) -> Iterator[str]:
    """Target tracking and steps have each their own configuration.

    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
    """
    blocks = {"TargetTrackingScaling": TRACKING, "StepScaling": STEPS}
    given = [kind for kind, block in blocks.items() if policy[block]]
    if given != [policy["policy_type"]]:
        yield f"policy_type {policy['policy_type']} with the configuration of {given}"


@rule("aws_appautoscaling_policy", (f"{STEPS}.step_adjustment", []), (f"{STEPS}.step_adjustment", lambda now: now * 2))
def steps_follow_each_other(policy: Resource, _: Everything) -> Iterator[str]:
    """There is a step, and none begins or ends where another does.

    https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
    """
    for steps in policy[STEPS]:
        for bound in ("metric_interval_lower_bound", "metric_interval_upper_bound"):
            bounds = [step.get(bound) for step in steps["step_adjustment"]]
            if not bounds or len(set(bounds)) != len(bounds):
                yield f"{bound} {bounds}"
