"""The collector's configuration as its components document it: keys that none of them knows stop it at its start.

No collector runs in these tests. Each model has the keys of the page that it names, and refuses all others. *core* is
https://github.com/open-telemetry/opentelemetry-collector, *contrib* is
https://github.com/open-telemetry/opentelemetry-collector-contrib.
"""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Duration = Annotated[str, StringConstraints(pattern=r"^\d+(ms|s|m)$")]
Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_.]+$")]
Dimensions = Annotated[list[Label], Field(max_length=30)]
"""A set of dimensions: 30 at most, as CloudWatch takes them; none is one too."""


class Closed(BaseModel):
    """A part of the configuration that has no other keys than these."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Address(Closed):
    """core: config/confighttp/README.md."""

    endpoint: Annotated[str, StringConstraints(pattern=r"^127\.0\.0\.1:\d+$")]


class Protocols(Closed):
    """core: receiver/otlpreceiver/README.md."""

    http: Address | None = None
    grpc: Address | None = None


class Otlp(Closed):
    """core: receiver/otlpreceiver/README.md."""

    protocols: Protocols


class Receivers(Closed):
    """What takes telemetry in."""

    otlp: Otlp


class MemoryLimiter(Closed):
    """core: processor/memorylimiterprocessor/README.md."""

    check_interval: Duration
    limit_mib: int = Field(gt=0)
    spike_limit_mib: int = Field(gt=0)

    @model_validator(mode="after")
    def a_spike_is_less_than_all(self) -> "MemoryLimiter":
        """About a fifth is recommended."""
        if self.spike_limit_mib >= self.limit_mib:
            raise ValueError("spike_limit_mib must be less than limit_mib")
        return self


class ResourceDetection(Closed):
    """contrib: processor/resourcedetectionprocessor/README.md."""

    detectors: list[Literal["env", "ecs", "system", "ec2", "eks", "docker", "lambda"]]
    timeout: Duration
    override: bool


class ResourceAction(Closed):
    """contrib: processor/attributesprocessor/README.md."""

    key: str
    action: Literal["insert", "update", "upsert", "delete", "hash", "extract", "convert"]
    value: str | None = None
    from_attribute: str | None = None

    @model_validator(mode="after")
    def an_insert_has_one_source(self) -> "ResourceAction":
        """A value, or the attribute that it is taken from."""
        if self.action in {"insert", "update", "upsert"} and (self.value is None) == (self.from_attribute is None):
            raise ValueError("value or from_attribute")
        return self


class Resource(Closed):
    """contrib: processor/resourceprocessor/README.md."""

    attributes: list[ResourceAction] = Field(min_length=1)


class Batch(Closed):
    """core: processor/batchprocessor/README.md."""

    timeout: Duration
    send_batch_size: int = Field(8192, gt=0)
    send_batch_max_size: int = Field(0, ge=0)


class Processors(Closed):
    """What is done on the way; behind a slash are names of our own."""

    memory_limiter: MemoryLimiter
    resourcedetection: ResourceDetection
    resource_labels: Resource = Field(alias="resource/labels")
    batch_traces: Batch = Field(alias="batch/traces")
    batch_metrics: Batch = Field(alias="batch/metrics")


class AwsXray(Closed):
    """contrib: exporter/awsxrayexporter/README.md."""

    num_workers: int | None = None
    request_timeout_seconds: int | None = None
    max_retries: int | None = None
    region: str | None = None
    indexed_attributes: list[str] = []
    index_all_attributes: bool = False
    aws_log_groups: list[str] = []


class Enabled(Closed):
    """contrib: pkg/resourcetotelemetry."""

    enabled: bool


class MetricDeclaration(Closed):
    """contrib: exporter/awsemfexporter/README.md."""

    metric_name_selectors: list[str] = Field(min_length=1)
    dimensions: list[Dimensions] = Field(min_length=1)

    @model_validator(mode="after")
    def selectors_are_whole_names(self) -> "MetricDeclaration":
        """A selector is searched for: one without its ends matches longer names as well."""
        for selector in self.metric_name_selectors:
            re.compile(selector)
            if not (selector.startswith("^") and selector.endswith("$")):
                raise ValueError(f"{selector} must begin with ^ and end with $")
        return self


class AwsEmf(Closed):
    """contrib: exporter/awsemfexporter/README.md.

    Exponential histograms are among the kinds that it takes: their buckets become an array of values and counts, of
    which CloudWatch makes percentiles (contrib's pull request 22626). Sums with delta temporality are passed on; of
    cumulative ones it sends changes.
    """

    namespace: str
    log_group_name: str
    log_stream_name: str
    log_retention: int = 0
    region: str | None = None
    max_retries: int = Field(1, ge=0)
    resource_to_telemetry_conversion: Enabled
    dimension_rollup_option: Literal["ZeroAndSingleDimensionRollup", "SingleDimensionRollupOnly", "NoDimensionRollup"]
    metric_declarations: list[MetricDeclaration]


class Exporters(Closed):
    """Where telemetry goes."""

    awsxray: AwsXray
    awsemf: AwsEmf


class Pipeline(Closed):
    """https://opentelemetry.io/docs/collector/configuration/#pipelines."""

    receivers: list[str] = Field(min_length=1)
    processors: list[str]
    exporters: list[str] = Field(min_length=1)


class Pipelines(Closed):
    """One for each kind of telemetry."""

    traces: Pipeline
    metrics: Pipeline


class Logs(Closed):
    """https://opentelemetry.io/docs/collector/internal-telemetry/."""

    level: Literal["debug", "info", "warn", "error"]


class Telemetry(Closed):
    """What the collector says of itself."""

    logs: Logs


class Service(Closed):
    """https://opentelemetry.io/docs/collector/configuration/#service."""

    pipelines: Pipelines
    telemetry: Telemetry


class Collector(Closed):
    """The whole file."""

    receivers: Receivers
    processors: Processors
    exporters: Exporters
    service: Service
