"""Settings: typed, documented, and every fault in one message."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from orders.adapters.inbound.http.middleware.edge import LOCAL
from orders.bootstrap.config.edge import edge_rules
from orders.bootstrap.config.roles import WORKERS, WRITERS, Role, readers
from orders.bootstrap.config.settings import Settings, SettingsError, load_settings, settings_of
from orders.bootstrap.resources.topology_file import packaged_topology
from tools.settings_table import configuration_page


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_everything_has_a_default_on_a_developers_machine() -> None:
    settings = load_settings()
    assert (settings.environment, settings.api_port, settings.queue_visibility_seconds) == ("local", 8080, 60)


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_every_setting_says_who_reads_it() -> None:
    assert [name for name, field in Settings.model_fields.items() if not readers(field)] == []
    assert {name.upper() for name in Settings.model_fields} == frozenset().union(*map(settings_of, Role))


def test_roles_are_the_workers_and_what_runs_beside_them() -> None:
    assert set(packaged_topology().workers) == WORKERS
    assert set(Role) - WORKERS == {Role.API, Role.RELAY, Role.OPERATOR, Role.LOCAL}


def test_all_that_is_wrong_is_said_in_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_PORT", "eighty")
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("LOG_LEVEL", "LOUD")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    message = str(caught.value)
    assert "API_PORT: Input should be a valid integer" in message
    assert "ENVIRONMENT: Input should be 'local', 'dev', 'sit' or 'prod'" in message
    assert "LOG_LEVEL" in message


@pytest.mark.parametrize("environment", ["sit", "prod"])
def test_what_only_developers_may_have_is_refused_where_it_matters(
    monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    monkeypatch.setenv("ENVIRONMENT", environment)
    monkeypatch.setenv("DEV_ISSUER_ENABLED", "true")
    monkeypatch.setenv("LOG_PII", "true")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    message = str(caught.value)
    for part in (
        "DEV_ISSUER_ENABLED is not allowed",
        "LOG_PII is not allowed",
        "AUTH_ISSUER is required",
        "AUTH_AUDIENCES is required",
        "CURSOR_KEYS_SECRET is required",
    ):
        assert part in message


def test_pages_without_a_token_are_for_local_only() -> None:
    assert load_settings(local_pages=True).local_pages
    with pytest.raises(SettingsError, match="LOCAL_PAGES is not allowed when ENVIRONMENT is dev"):
        load_settings(environment="dev", local_pages=True)


@pytest.mark.parametrize("service", ["product_api", "campaigns_api"])
def test_other_services_are_none_by_default_and_asked_within_the_time_that_is_set(
    monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    settings = load_settings()
    assert getattr(settings, f"{service}_url") is None
    assert (getattr(settings, f"{service}_policy"), getattr(settings, f"{service}_timeout_seconds")) == ("refuse", 0.8)
    monkeypatch.setenv(f"{service.upper()}_POLICY", "maybe")
    monkeypatch.setenv(f"{service.upper()}_URL", "products.example")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert f"{service.upper()}_POLICY: Input should be 'accept' or 'refuse'" in str(caught.value)
    assert f"{service.upper()}_URL" in str(caught.value)


@pytest.mark.parametrize("service", ["product_api", "campaigns_api"])
def test_tokens_of_other_services_are_not_sent_in_clear(service: str) -> None:
    given = {f"{service}_url": "http://products.example", f"{service}_token": "t"}
    assert getattr(load_settings(**given), f"{service}_token").get_secret_value() == "t"
    with pytest.raises(SettingsError, match=f"{service.upper()}_TOKEN is sent over https only"):
        load_settings(environment="prod", **given)


GOOD = {
    "dev": {"AUTH_ISSUER": "https://issuer.example", "AUTH_AUDIENCES": "web", "CURSOR_KEYS": "k" * 32},
    "sit": {"AUTH_ISSUER": "https://issuer.example", "AUTH_AUDIENCES": "web", "CURSOR_KEYS_SECRET": "cursors"},
    "prod": {
        "AUTH_ISSUER": "https://issuer.example", "AUTH_AUDIENCES": "web", "CURSOR_KEYS_SECRET": "cursors",
        "API_KEYS_SECRET": "api-keys",
    },
}  # fmt: skip


def given(monkeypatch: pytest.MonkeyPatch, environment: str, **changes: str) -> Settings:
    for name, value in ({"ENVIRONMENT": environment} | GOOD.get(environment, {}) | changes).items():
        monkeypatch.setenv(name, value)
    return load_settings()


@pytest.mark.parametrize("environment", GOOD)
def test_minimal_settings_suffice(monkeypatch: pytest.MonkeyPatch, environment: str) -> None:
    settings = given(monkeypatch, environment)
    assert settings.jwks_url == "https://issuer.example/.well-known/jwks.json"
    assert settings.asks_for_api_keys == (environment == "prod")


REFUSED: list[tuple[str, dict[str, str], str]] = [
    *((each, {"DEV_ISSUER_ENABLED": value}, "DEV_ISSUER_ENABLED is not allowed")
      for each in ("sit", "prod") for value in ("true", "1", "yes", "on", "TRUE")),
    *((each, {"LOG_PII": "true"}, "LOG_PII is not allowed") for each in ("sit", "prod")),
    *((each, {"CURSOR_KEYS": "k" * 32}, "CURSOR_KEYS is not allowed") for each in ("sit", "prod")),
    *((each, {"API_KEY_HASHES": f"web={'0' * 64}"}, "API_KEY_HASHES is not allowed") for each in ("sit", "prod")),
    *((each, {"AUTH_ISSUER": "http://issuer.example"}, "AUTH_ISSUER must begin with https://") for each in GOOD),
    *((each, {"AUTH_JWKS_URL": "http://issuer.example/k"}, "AUTH_JWKS_URL must begin with https://") for each in GOOD),
    *((each, {"AUTH_ISSUER": "issuer"}, "AUTH_ISSUER must be an address") for each in (*GOOD, "local")),
    *((each, {"ENVIRONMENT": name}, "ENVIRONMENT: Input should be")
      for each, name in (("prod", "PROD"), ("prod", "production"), ("sit", " sit"))),
    ("prod", {"API_KEY_REQUIRED": "false"}, "API_KEY_REQUIRED can't be false"),
    ("prod", {"API_KEYS_SECRET": ""}, "API_KEYS_SECRET is required when ENVIRONMENT is prod"),
    ("sit", {"API_KEY_REQUIRED": "true"}, "API_KEYS_SECRET is required when API_KEY_REQUIRED is true"),
    ("local", {"API_KEY_REQUIRED": "true"}, "API_KEYS_SECRET or API_KEY_HASHES is required"),
    ("dev", {"CURSOR_KEYS": ""}, "CURSOR_KEYS_SECRET or CURSOR_KEYS is required"),
    ("dev", {"CURSOR_KEYS_SECRET": "cursors"}, "CURSOR_KEYS_SECRET and CURSOR_KEYS can't both be given"),
    ("dev", {"CURSOR_KEYS": "short"}, "each key needs at least 32 characters"),
    ("local", {"API_KEY_HASHES": "web=abc"}, "API_KEY_HASHES: the hash of web is wrong; use CLIENT=HASH"),
    ("local", {"API_KEY_HASHES": f"my web={'0' * 64}"}, "API_KEY_HASHES: the hash of my web is wrong; use CLIENT=HASH"),
    ("local", {"API_KEY_HASHES": "0" * 64}, "API_KEY_HASHES: each must be CLIENT=HASH"),
    ("local", {"SERVICE_CLIENTS": "payments"}, "SERVICE_CLIENTS: each must be CLIENT_ID=TENANT"),
    ("local", {"SERVICE_CLIENTS": "payments= "}, "SERVICE_CLIENTS: each must be CLIENT_ID=TENANT"),
    ("local", {"SERVICE_CLIENTS": "payments=a#b"}, "SERVICE_CLIENTS: the tenant of payments must be"),
    ("local", {"SERVICE_CLIENTS": "payments=*"}, "SERVICE_CLIENTS: the tenant of payments must be"),
]  # fmt: skip


@pytest.mark.parametrize(("environment", "changes", "says"), REFUSED)
def test_what_opens_the_door_is_refused(
    monkeypatch: pytest.MonkeyPatch, environment: str, changes: dict[str, str], says: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        given(monkeypatch, environment, **changes)
    assert says in str(caught.value)
    for secret in ("k" * 32, "0" * 64):
        assert secret not in str(caught.value)


def test_keys_are_where_they_are_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(
        monkeypatch,
        "local",
        AUTH_ISSUER="https://issuer.example/pool/",
        SERVICE_CLIENTS="payments=demo, stock = atlantic-books,",
        API_KEY_REQUIRED="true",
        API_KEY_HASHES=f"web={'a' * 64}",
    )
    assert settings.jwks_url == "https://issuer.example/pool/.well-known/jwks.json"
    assert settings.service_clients == {"payments": "demo", "stock": "atlantic-books"}
    assert settings.api_key_hashes == {"web": "a" * 64}
    elsewhere = given(monkeypatch, "local", AUTH_JWKS_URL="https://keys.example/set")
    assert elsewhere.jwks_url == "https://keys.example/set"


def test_a_claim_on_a_mail_ends_before_its_message_comes_again() -> None:
    with pytest.raises(SettingsError, match="MAIL_LEASE_SECONDS"):
        load_settings(mail_lease_seconds=60)


def test_lists_are_comma_separated_and_keys_long_and_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH_AUDIENCES", "web, app,")
    monkeypatch.setenv("CURSOR_KEYS", f"{'a' * 32},{'b' * 32}")
    settings = load_settings()
    assert settings.auth_audiences == {"web", "app"}
    assert "aaaa" not in repr(settings)
    monkeypatch.setenv("CURSOR_KEYS", "short")
    with pytest.raises(SettingsError, match="at least 32 characters"):
        load_settings()


def test_the_configuration_page_is_the_settings() -> None:
    page = Path(__file__).parents[3] / "docs" / "configuration.md"
    assert page.read_text(encoding="utf-8") == configuration_page(), "run `make docs`"


def test_the_limits_of_a_task_are_its_share() -> None:
    rules = edge_rules(load_settings(rate_limit_per_second=5000, rate_limit_burst=10_000, api_tasks=4))
    assert (rules.rate.per_second, rules.rate.burst) == (1250, 2500)
    assert rules.request_timeout == timedelta(seconds=30)


def test_defaults_of_the_api_s_edge_are_those_of_local() -> None:
    assert edge_rules(load_settings()) == LOCAL


@pytest.mark.parametrize("origin", ["*", "null", "shop.example", "https://shop.example/", "https://Shop.example"])
def test_an_origin_is_as_browsers_write_it(origin: str) -> None:
    assert load_settings(cors_origins="https://shop.example, http://localhost:3000").cors_origins == {
        "https://shop.example",
        "http://localhost:3000",
    }
    with pytest.raises(SettingsError, match="CORS_ORIGINS"):
        load_settings(cors_origins=origin)


@pytest.mark.parametrize(
    ("per_second", "share", "tasks", "rate", "burst"),
    [(1, 0.5, 1, 0.5, 1), (10, 0.5, 10, 0.5, 1), (50, 0.7, 50, 0.7, 1), (50, 0.3, 50, 0.3, 1), (200, 0.5, 1, 100, 10)],
)
def test_a_tasks_mails_are_the_notifiers_share_over_its_most_tasks(
    per_second: float, share: float, tasks: int, rate: float, burst: int
) -> None:
    settings = load_settings(mail_per_second=per_second, mail_share=share, mail_max_tasks=tasks)
    assert settings.mail_rate == pytest.approx(rate)
    assert settings.mail_burst == burst
    assert settings.mail_rate * tasks <= per_second


def test_addresses_that_mail_can_not_be_sent_from_or_to_stop_the_start() -> None:
    assert load_settings(mail_from="bestellung@bücher.example").mail_from == "bestellung@xn--bcher-kva.example"
    assert load_settings(staff_address_fallback="orders@{tenant}.example").staff_address_fallback is not None
    with pytest.raises(SettingsError) as caught:
        load_settings(mail_from="bücher", staff_address_fallback="ü@{tenant}.example")
    message = str(caught.value)
    assert "MAIL_FROM: this must be an e-mail address: a name, @ and a domain" in message
    assert "STAFF_ADDRESS_FALLBACK: this must be an e-mail address whose part before the @ is ASCII" in message


@pytest.mark.parametrize(
    ("environment", "product_service", "must"),
    [("local", None, False), ("dev", None, False), ("sit", None, True), ("prod", "https://products.example", False)],
)
def test_where_customers_are_real_somebody_settles_prices(
    environment: str, product_service: str | None, must: bool
) -> None:
    given = Settings.model_construct(environment=environment, product_api_url=product_service)
    assert given.prices_must_be_settled is must


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.API, Role.LOCAL}))
@pytest.mark.parametrize("environment", ["dev", "sit"])
def test_only_the_api_is_asked_for_issuer_and_keys(environment: str, role: Role) -> None:
    assert load_settings(role, environment=environment).environment == environment
    with pytest.raises(SettingsError) as caught:
        load_settings(Role.API, environment=environment)
    faults = str(caught.value).splitlines()[1:]
    assert [fault.split()[0] for fault in faults] == ["AUTH_ISSUER", "AUTH_AUDIENCES", "CURSOR_KEYS_SECRET"]


def test_the_lease_of_mails_is_held_against_the_visibility_of_notifiers_messages_only() -> None:
    given = {"environment": "dev", "queue_visibility_seconds": 30}
    assert load_settings(Role.PDF_CREATOR, **given).queue_visibility_seconds == 30
    with pytest.raises(SettingsError, match="MAIL_LEASE_SECONDS"):
        load_settings(Role.CUSTOMER_NOTIFIER, **given)


@pytest.mark.parametrize("role", sorted(Role))
def test_aids_of_developers_are_refused_whoever_is_given_them(role: Role) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(role, environment="prod", dev_issuer_enabled=True, log_pii=True, local_pages=True)
    for name in ("DEV_ISSUER_ENABLED", "LOG_PII", "LOCAL_PAGES"):
        assert f"{name} is not allowed when ENVIRONMENT is prod" in str(caught.value)


TWO_REGIONS: dict[str, Any] = {
    "other_region": "eu-west-1", "control_table": "bbws-orders-control-prod", "control_table_regions": "eu-west-1",
}  # fmt: skip


@pytest.mark.parametrize("role", sorted(WRITERS - {Role.API}))
def test_production_is_written_to_by_one_of_two_regions_only(role: Role) -> None:
    settings = load_settings(role, environment="prod", **TWO_REGIONS)
    assert (settings.other_region, settings.control_table_regions) == ("eu-west-1", ("eu-west-1",))
    with pytest.raises(SettingsError, match="OTHER_REGION and CONTROL_TABLE and CONTROL_TABLE_REGIONS must be given"):
        load_settings(role, environment="prod")
    for name in TWO_REGIONS:
        given = {each: value for each, value in TWO_REGIONS.items() if each != name}
        with pytest.raises(SettingsError, match=f"invalid:\n  {name.upper()} must be given when ENVIRONMENT is prod"):
            load_settings(role, environment="prod", **given)


def test_operators_need_no_control_table_in_production() -> None:
    assert load_settings(Role.OPERATOR, environment="prod").control_table is None


@pytest.mark.parametrize("role", sorted(Role))
def test_another_region_is_another_and_has_a_control_table(role: Role) -> None:
    with pytest.raises(SettingsError, match="CONTROL_TABLE and CONTROL_TABLE_REGIONS must be given with OTHER_REGION"):
        load_settings(role, other_region="eu-west-1")
    with pytest.raises(SettingsError, match="OTHER_REGION must be given with CONTROL_TABLE"):
        load_settings(role, **TWO_REGIONS | {"other_region": None})
    with pytest.raises(SettingsError, match="OTHER_REGION must be another region than AWS_REGION, eu-west-1"):
        load_settings(role, aws_region="eu-west-1", **TWO_REGIONS)


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("OTHER_REGION", "Ireland", "OTHER_REGION: String should match"),
        ("CONTROL_TABLE_REGIONS", "eu-west-1, Frankfurt", "Frankfurt: a region is written as eu-west-1 is"),
        ("DOCUMENTS_BUCKET", "arn:aws:s3:::bbws-orders-dev", "DOCUMENTS_BUCKET: String should match"),
        ("ORDERS_TABLE", "a table", "ORDERS_TABLE: String should match"),
        ("REVISION", "two words", "REVISION: String should match"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317", "OTEL_EXPORTER_OTLP_ENDPOINT: String should match"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service", "OTEL_RESOURCE_ATTRIBUTES: each must be KEY=VALUE"),
        ("OTEL_TRACES_SAMPLER", "sometimes", "OTEL_TRACES_SAMPLER: Input should be 'always_on'"),
        ("OTEL_TRACES_SAMPLER_ARG", "2", "OTEL_TRACES_SAMPLER_ARG: Input should be less than or equal to 1"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.1", "is for the samplers traceidratio and parentbased_traceidratio only"),
    ],
)
def test_names_and_telemetry_are_checked(monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings(Role.RELAY)
    assert says in str(caught.value)


def test_telemetry_is_set_by_opentelemetrys_own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317",
        "OTEL_SERVICE_NAME": "orders-api",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=sit, service.owner=A%2CB",
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": "0.05",
    }.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.otel_resource_attributes == {"deployment.environment": "sit", "service.owner": "A,B"}
    assert (settings.otel_service_name, settings.otel_traces_sampler_arg) == ("orders-api", 0.05)


@pytest.mark.parametrize("text", ["AROAPORTAL=*,AROAIMPORT=demo", " AROAPORTAL=*, AROAIMPORT=demo\n"])
def test_senders_may_come_as_the_text_of_a_secret(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """ECS puts a secret's text into the variable as it was stored, a line's end included."""
    monkeypatch.setenv("ORDER_SENDERS", text)
    assert load_settings(Role.RECORD_CREATOR).order_senders == {"AROAPORTAL": "*", "AROAIMPORT": "demo"}
