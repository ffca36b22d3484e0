"""Settings of regions and of resources' names, of what says which revision runs, and of telemetry."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from orders.bootstrap.config.roles import API_ONLY, EVERY_ROLE, WRITERS, ReadBy, Role
from orders.bootstrap.config.security_settings import URL, SecuritySettings, comma_separated, pairs

REGION = r"^[a-z]{2}(-[a-z]+)+-\d$"
BUCKET = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
TABLE = r"^[A-Za-z0-9_.-]{3,255}$"
Sampler = Literal[
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
]

_DOCUMENTS = ReadBy(Role.API, Role.PDF_CREATOR, Role.CUSTOMER_NOTIFIER, Role.EVENT_PROCESSOR, Role.OPERATOR)
_VERSIONS = ReadBy(Role.EVENT_PROCESSOR, Role.OPERATOR)
_TEMPLATES = ReadBy(
    Role.API,
    Role.RECORD_CREATOR,
    Role.PDF_CREATOR,
    Role.INTERNAL_NOTIFIER,
    Role.CUSTOMER_NOTIFIER,
    Role.OPERATOR,
)
_CONTROL = ("OTHER_REGION", "CONTROL_TABLE", "CONTROL_TABLE_REGIONS")


class ResourceSettings(SecuritySettings):
    """Settings of where the service runs, and of its resources' names where the derived ones don't hold."""

    aws_region: Annotated[str, EVERY_ROLE] = Field(
        "af-south-1", description="region of table, queues, bus, buckets and mail"
    )
    aws_endpoint_url: Annotated[str | None, EVERY_ROLE] = Field(
        None, pattern=URL, description="address of an AWS emulator; none means AWS itself"
    )
    s3_public_endpoint_url: Annotated[str | None, API_ONLY] = Field(
        None,
        pattern=URL,
        description="address under which browsers reach the buckets, for links; none means the same as ours",
    )

    orders_table: Annotated[str | None, EVERY_ROLE] = Field(
        None,
        pattern=TABLE,
        description="table of orders, where it is another than topology.yaml's, as a restored one is",
    )
    erasure_ledger_table: Annotated[str | None, ReadBy(Role.API, Role.EVENT_PROCESSOR, Role.OPERATOR)] = Field(
        None, pattern=TABLE, description="table of erasures, where it is another than topology.yaml's"
    )
    documents_bucket: Annotated[str | None, _DOCUMENTS] = Field(
        None,
        pattern=BUCKET,
        description="bucket of PDFs, where it is another than topology.yaml's: the failover region's ends in -dr",
    )
    other_documents_bucket: Annotated[str | None, _VERSIONS] = Field(
        None,
        pattern=BUCKET,
        description="bucket of PDFs in OTHER_REGION, where it is none of the two derived names",
    )
    templates_bucket: Annotated[str | None, _TEMPLATES] = Field(
        None, pattern=BUCKET, description="bucket of shops' profiles and templates, likewise"
    )

    other_region: Annotated[str | None, EVERY_ROLE] = Field(
        None,
        pattern=REGION,
        description="the other region of a service in two; none means that this one always writes, which prod refuses",
    )
    control_table: Annotated[str | None, EVERY_ROLE] = Field(
        None,
        pattern=TABLE,
        description="table that says which of two regions may write; with OTHER_REGION",
    )
    control_table_regions: Annotated[tuple[str, ...], NoDecode, EVERY_ROLE] = Field(
        (), description="regions where the control table is asked, comma-separated; with OTHER_REGION"
    )

    health_checks: Annotated[dict[str, str], NoDecode, ReadBy(Role.OPERATOR)] = Field(
        default_factory=dict,
        description="Route 53's health checks, which an unplanned takeover asks: REGION=ID, comma-separated",
    )

    revision: Annotated[str | None, EVERY_ROLE] = Field(
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,199}$",
        description="what runs here, as a commit or the digest of an image: a field of every line of the log",
    )
    otel_exporter_otlp_endpoint: Annotated[str | None, EVERY_ROLE] = Field(
        None, pattern=URL, description="address of the OpenTelemetry collector; none means that nothing is exported"
    )
    otel_service_name: Annotated[str, EVERY_ROLE] = Field("orders", description="name of the service in telemetry")
    otel_resource_attributes: Annotated[dict[str, str], NoDecode, EVERY_ROLE] = Field(
        default_factory=dict,
        description="attributes of all telemetry: KEY=VALUE, comma-separated, values percent-encoded",
    )
    otel_traces_sampler: Annotated[Sampler, EVERY_ROLE] = Field(
        "parentbased_always_on", description="which traces are kept, by the names that OpenTelemetry gives samplers"
    )
    otel_traces_sampler_arg: Annotated[float | None, EVERY_ROLE] = Field(
        None, ge=0, le=1, description="fraction that a sampler by ratio keeps; none means all"
    )

    @field_validator("control_table_regions", mode="before")
    @classmethod
    def _comma_separated_regions(cls, value: Any) -> Any:
        return comma_separated(value)

    @field_validator("control_table_regions")
    @classmethod
    def _regions(cls, regions: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [region for region in regions if not re.match(REGION, region)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: a region is written as eu-west-1 is")
        return regions

    @field_validator("health_checks", mode="before")
    @classmethod
    def _by_region(cls, value: Any) -> Any:
        return pairs(value, "REGION=ID")

    @field_validator("otel_resource_attributes", mode="before")
    @classmethod
    def _attributes(cls, value: Any) -> Any:
        found = pairs(value, "KEY=VALUE")
        return {key: unquote(each) for key, each in found.items()} if isinstance(value, str) else found

    def region_faults(self, role: Role) -> Iterator[str]:
        """Returns what is wrong with two regions, one sentence each: either all of it is configured or nothing."""
        missing = [name for name in _CONTROL if not getattr(self, name.lower())]
        if self.environment == "prod" and role in WRITERS and missing:
            yield (
                f"{' and '.join(missing)} must be given when ENVIRONMENT is prod: two regions are there to write, and "
                "the control table says which may"
            )
        elif 0 < len(missing) < len(_CONTROL):
            given = next(name for name in _CONTROL if name not in missing)
            yield f"{' and '.join(missing)} must be given with {given}: the control table says which region may write"
        if self.other_region == self.aws_region:
            yield f"OTHER_REGION must be another region than AWS_REGION, {self.aws_region}"

    def telemetry_faults(self) -> Iterator[str]:
        """Returns what is wrong with telemetry, one sentence each."""
        if self.otel_traces_sampler_arg is not None and not self.otel_traces_sampler.endswith("traceidratio"):
            yield "OTEL_TRACES_SAMPLER_ARG is for the samplers traceidratio and parentbased_traceidratio only"
