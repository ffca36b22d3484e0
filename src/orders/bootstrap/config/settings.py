"""The settings of the service; the only place that reads environment variables."""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import NoDecode

from orders.adapters.wire.mail_address import UndeliverableAddress, deliverable
from orders.bootstrap.config.resource_settings import ResourceSettings
from orders.bootstrap.config.roles import (
    API_AND_RECORD_CREATOR,
    API_ONLY,
    COMPOSING,
    EVERY_ROLE,
    EVERY_WORKER,
    LOCAL_ONLY,
    NOTIFIERS,
    NOTIFIERS_ONLY,
    OPERATOR_ONLY,
    RELAY_ONLY,
    RENDERING,
    WORKERS,
    WRITERS,
    ReadBy,
    Role,
    readers,
)
from orders.bootstrap.config.security_settings import PROTECTED, URL, comma_separated, pairs
from orders.bootstrap.errors import CannotRun

WhenDown = Literal["accept", "refuse"]
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?")
"""As browsers write one: in small letters, without a slash at the end."""
_OUTBOX = ReadBy(*(WRITERS - {Role.MAIL_FEEDBACK}), Role.OPERATOR)
_PAGES = ReadBy(Role.API, *NOTIFIERS)


class SettingsError(CannotRun):
    """Settings are invalid or missing; the message names all of them."""


class Settings(ResourceSettings):
    """The settings; each field's environment variable is its name in capitals, its mark the roles that read it.

    Durations are seconds, sizes MiB where the name says so.
    """

    api_host: Annotated[str, API_ONLY] = Field("127.0.0.1", description="address that the API listens on")
    api_port: Annotated[int, ReadBy(Role.API, Role.OPERATOR)] = Field(
        8080, ge=1, le=65535, description="port that the API listens on"
    )
    api_backlog: Annotated[int, API_ONLY] = Field(2048, ge=1, description="connections that may wait to be accepted")
    health_port: Annotated[int | None, EVERY_ROLE] = Field(
        None,
        ge=1,
        le=65535,
        description="loopback port on which API, workers and relay answer `orders health`; none: they don't",
    )

    api_tasks: Annotated[int, API_ONLY] = Field(
        1, ge=1, description="API tasks that run at the least; each enforces its share of the rate limit"
    )
    forwarded_hops: Annotated[int, API_ONLY] = Field(
        0, ge=0, le=5, description="proxies of our own in front of the API, each of which appends to X-Forwarded-For"
    )
    request_timeout_seconds: Annotated[float, API_ONLY] = Field(
        30, gt=0, description="time that one request may take, its body included"
    )
    rate_limit_per_second: Annotated[float, API_ONLY] = Field(
        10_000, gt=0, description="requests per second that one caller may make, over all tasks"
    )
    rate_limit_burst: Annotated[int, API_ONLY] = Field(
        20_000, ge=1, description="requests that one caller may make at once, over all tasks"
    )
    cors_origins: Annotated[frozenset[str], NoDecode, API_ONLY] = Field(
        frozenset(),
        description="origins whose pages may call the API, comma-separated, such as https://shop.example",
    )

    mail_from: Annotated[str, NOTIFIERS_ONLY] = Field(
        "orders@shop.example", description="address that mails are sent from"
    )
    mail_configuration_set: Annotated[str | None, NOTIFIERS_ONLY] = Field(
        None, description="SES configuration set of mails"
    )
    mail_per_second: Annotated[float, NOTIFIERS_ONLY] = Field(
        200, gt=0, description="mails per second that the environment may send, all notifiers together"
    )
    mail_share: Annotated[float, NOTIFIERS_ONLY] = Field(
        0.5, gt=0, le=1, description="this notifier's share of MAIL_PER_SECOND"
    )
    mail_max_tasks: Annotated[int, NOTIFIERS_ONLY] = Field(
        1, ge=1, description="tasks of this notifier at the most: each takes its part of the share"
    )
    mail_daily_quota: Annotated[int | None, NOTIFIERS_ONLY] = Field(
        None,
        ge=1,
        description="mails of 24 hours at which sending pauses; none means the quota that the mail service tells",
    )
    mail_lease_seconds: Annotated[float, NOTIFIERS_ONLY] = Field(
        45, gt=0, description="how long a claimed mail is left to its claimant; shorter than the visibility timeout"
    )
    dead_letters_interval_seconds: Annotated[float, ReadBy(Role.INTERNAL_NOTIFIER)] = Field(
        60, ge=1, description="pause of the internal-notifier between two looks through the dead letters"
    )
    staff_address_fallback: Annotated[str | None, ReadBy(Role.INTERNAL_NOTIFIER)] = Field(
        None, description="staff address of shops that name none; {tenant} in it is replaced"
    )

    order_senders: Annotated[
        dict[str, str], NoDecode, ReadBy(Role.RECORD_CREATOR, Role.INTERNAL_NOTIFIER, Role.OPERATOR)
    ] = Field(
        default_factory=dict,
        description="who may put orders on the order-creation queue, and for which tenant: SENDER=TENANT, "
        "comma-separated; a sender is the unique id of its role or user, TENANT * is any; locally everybody for any",
    )

    product_api_url: Annotated[str | None, ReadBy(Role.API, Role.RECORD_CREATOR, Role.OPERATOR)] = Field(
        None, pattern=URL, description="address of the product service; none means that products aren't checked"
    )
    product_api_policy: Annotated[WhenDown, API_AND_RECORD_CREATOR] = Field(
        "refuse", description="accept or refuse orders while the product service can't be asked"
    )
    product_api_timeout_seconds: Annotated[float, API_AND_RECORD_CREATOR] = Field(
        0.8, gt=0, le=10, description="time that the product service has for each of two attempts"
    )
    product_api_token: Annotated[SecretStr | None, API_AND_RECORD_CREATOR] = Field(
        None, description="bearer token sent to the product service"
    )
    campaigns_api_url: Annotated[str | None, API_AND_RECORD_CREATOR] = Field(
        None, pattern=URL, description="address of the campaigns service; none means that codes are noted, no more"
    )
    campaigns_api_policy: Annotated[WhenDown, API_AND_RECORD_CREATOR] = Field(
        "refuse",
        description="accept or refuse orders with a code while the campaigns service can't be asked; accepted are "
        "those whose total is right without the campaign's discount",
    )
    campaigns_api_timeout_seconds: Annotated[float, API_AND_RECORD_CREATOR] = Field(
        0.8, gt=0, le=10, description="time that the campaigns service has for each of two attempts"
    )
    campaigns_api_token: Annotated[SecretStr | None, API_AND_RECORD_CREATOR] = Field(
        None, description="bearer token sent to the campaigns service"
    )

    payment_failure_hold_seconds: Annotated[float, ReadBy(Role.EVENT_PROCESSOR)] = Field(
        30,
        ge=0,
        le=600,
        description="age at which a failed payment rejects its order: so long the capture of another attempt may take",
    )

    outbox_shards: Annotated[int, _OUTBOX] = Field(
        8, ge=1, le=64, description="shards of the outbox index; never lower it with events waiting"
    )
    relay_lag_seconds: Annotated[float, RELAY_ONLY] = Field(
        5, ge=0, description="age at which the relay publishes what the writer did not"
    )
    relay_interval_seconds: Annotated[float, RELAY_ONLY] = Field(
        1, gt=0, description="pause of the relay between two looks at the outbox"
    )

    queue_visibility_seconds: Annotated[int, EVERY_WORKER] = Field(
        60, ge=5, le=43200, description="how long a received message is hidden"
    )
    queue_wait_seconds: Annotated[int, EVERY_WORKER] = Field(
        20, ge=0, le=20, description="how long one receive waits for messages"
    )
    worker_concurrency: Annotated[int, ReadBy(*(WORKERS - {Role.PDF_CREATOR}))] = Field(
        10, ge=1, le=100, description="messages that a worker works on at once"
    )
    worker_grace_seconds: Annotated[float, EVERY_WORKER] = Field(
        20, ge=0, le=25, description="time that work in flight has to end on SIGTERM"
    )

    pdf_processes: Annotated[int, RENDERING] = Field(2, ge=1, le=32, description="processes that render PDFs")
    pdf_documents_per_process: Annotated[int, RENDERING] = Field(
        1000, ge=1, description="documents after which such a process is replaced"
    )
    pdf_memory_mib: Annotated[int, RENDERING] = Field(
        1024, ge=256, description="address space that such a process may take, MiB"
    )
    pdf_timeout_seconds: Annotated[float, RENDERING] = Field(60, gt=0, description="time that one document may take")

    template_timeout_seconds: Annotated[float, COMPOSING] = Field(
        2, gt=0, le=30, description="time that a template of a shop's own may take for one part of one mail"
    )
    template_memory_mib: Annotated[int, COMPOSING] = Field(
        256, ge=128, description="address space that the process may take which renders shops' templates, MiB"
    )
    templates_fresh_seconds: Annotated[float, ReadBy(Role.PDF_CREATOR, *NOTIFIERS)] = Field(
        60, ge=1, description="age at which a shop's templates are looked for again in the templates bucket"
    )

    smoke_customer_token: Annotated[SecretStr | None, OPERATOR_ONLY] = Field(
        None, description="token of the customer cust_test_001, with an e-mail address: for tests of a running service"
    )
    smoke_admin_token: Annotated[SecretStr | None, OPERATOR_ONLY] = Field(
        None, description="token of an admin of the same shop: for tests of a running service"
    )
    smoke_api_key: Annotated[SecretStr | None, OPERATOR_ONLY] = Field(
        None, description="API key, where the environment asks for one: for tests of a running service"
    )

    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], EVERY_ROLE] = Field(
        "INFO", description="least severe level logged"
    )
    log_format: Annotated[Literal["json", "console"], EVERY_ROLE] = Field(
        "json", description="json for machines, console for people"
    )
    log_pii: Annotated[bool, EVERY_ROLE] = Field(
        False, description="log personal data in clear; start-up fails with it in sit and prod"
    )

    audit_file: Annotated[Path | None, EVERY_ROLE] = Field(
        None,
        description="file that audit records are appended to; none means the stream of the logs, where each has "
        '"stream": "audit"',
    )

    orders_data_dir: Annotated[Path, EVERY_ROLE] = Field(
        Path(".orders-dev"), description="where `orders dev` keeps its state, and the development issuer its key"
    )
    local_pages: Annotated[bool, _PAGES] = Field(
        False,
        description="keep a copy of sent mails in ORDERS_DATA_DIR and show mails and PDFs under /local; "
        "start-up fails with it outside local",
    )
    emulator_python: Annotated[Path | None, LOCAL_ONLY] = Field(
        None, description="Python of the environment that holds MiniStack; none means .venv-emulator"
    )
    emulator_port: Annotated[int, LOCAL_ONLY] = Field(
        4566, ge=1, le=65535, description="port that `orders dev` gives its emulator, if free"
    )

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _comma_separated_origins(cls, value: Any) -> Any:
        return comma_separated(value)

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, origins: frozenset[str]) -> frozenset[str]:
        wrong = sorted(origin for origin in origins if not _ORIGIN.fullmatch(origin))
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: an origin is scheme and host, and the port unless it is the default")
        return origins

    @field_validator("order_senders", mode="before")
    @classmethod
    def _sender_pairs(cls, value: Any) -> Any:
        return pairs(value, "SENDER=TENANT")

    @field_validator("mail_from", "staff_address_fallback")
    @classmethod
    def _mail_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            deliverable(value.replace("{tenant}", "t"))
        except UndeliverableAddress as error:
            raise ValueError(f"this must be {error}") from None
        return value if "{" in value else deliverable(value)

    def faults_for(self, role: Role) -> list[str]:
        """Returns what is wrong or missing for a process of this role, one sentence each.

        What a role does not read is not asked of it; the aids of developers are refused whoever is given them.
        """
        reads = settings_of(role)
        return [
            *self._development_aids(),
            *(self._lease_faults() if "MAIL_LEASE_SECONDS" in reads else ()),
            *(self.security_faults() if "AUTH_ISSUER" in reads else ()),
            *(self._tokens_of_other_services() if "PRODUCT_API_TOKEN" in reads else ()),
            *self.region_faults(role),
            *self.telemetry_faults(),
        ]

    def _lease_faults(self) -> Iterator[str]:
        if self.mail_lease_seconds >= self.queue_visibility_seconds:
            yield (
                f"MAIL_LEASE_SECONDS ({self.mail_lease_seconds:g}) must be shorter than "
                f"QUEUE_VISIBILITY_SECONDS ({self.queue_visibility_seconds})"
            )

    def _development_aids(self) -> Iterator[str]:
        if self.environment in PROTECTED:
            for name, value in {"DEV_ISSUER_ENABLED": self.dev_issuer_enabled, "LOG_PII": self.log_pii}.items():
                if value:
                    yield f"{name} is not allowed when ENVIRONMENT is {self.environment}"
        if self.environment != "local" and self.local_pages:
            yield f"LOCAL_PAGES is not allowed when ENVIRONMENT is {self.environment}"

    def _tokens_of_other_services(self) -> Iterator[str]:
        for service in ("product_api", "campaigns_api"):
            url, token = getattr(self, f"{service}_url"), getattr(self, f"{service}_token")
            if self.environment != "local" and token is not None and not (url or "https:").startswith("https:"):
                yield f"{service.upper()}_TOKEN is sent over https only; {service.upper()}_URL is not https"

    @property
    def prices_must_be_settled(self) -> bool:
        """True if each shop must waive price checks explicitly: customers are real, and no product service is
        configured.
        """
        return self.environment in {"sit", "prod"} and self.product_api_url is None

    @property
    def queue_visibility(self) -> timedelta:
        """The visibility timeout of received messages."""
        return timedelta(seconds=self.queue_visibility_seconds)

    @property
    def payment_failure_hold(self) -> timedelta:
        """Minimum age at which a failed payment is applied."""
        return timedelta(seconds=self.payment_failure_hold_seconds)

    @property
    def mail_rate(self) -> float:
        """Mails per second that this task may send."""
        return self.mail_per_second * self.mail_share / self.mail_max_tasks

    @property
    def mail_burst(self) -> int:
        """Mails that this task may send in a burst: at most a second's share, since SES counts per second."""
        return max(1, min(int(self.mail_rate), self.worker_concurrency))

    @property
    def mail_archive(self) -> Path:
        """The directory of sent mails' copies for the local pages."""
        return self.orders_data_dir / "mails"

    @property
    def mail_lease(self) -> timedelta:
        """The lease of a claimed mail."""
        return timedelta(seconds=self.mail_lease_seconds)


def settings_of(role: Role) -> frozenset[str]:
    """Returns the variables that processes of this role read."""
    return frozenset(name.upper() for name, field in Settings.model_fields.items() if role in readers(field))


def load_settings(role: Role = Role.LOCAL, /, **overrides: Any) -> Settings:
    """Reads the settings of a role from the environment; ``overrides`` by field name take precedence.

    The default role is the one that has all the others in it, so that everything is checked.

    Raises:
        SettingsError: one message that names every error and what would be right.
    """
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        raise _refused(_field_faults(error)) from None
    faults = settings.faults_for(role)
    if faults:
        raise _refused(faults)
    return settings


def _field_faults(error: ValidationError) -> list[str]:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [f"{str(each['loc'][0]).upper()}: {each['msg'].removeprefix('Value error, ')}" for each in found]


def _refused(faults: Iterable[str]) -> SettingsError:
    return SettingsError("\n  ".join(("these settings are invalid:", *faults)))
