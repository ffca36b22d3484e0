"""A wrong figure in an environment's file gets one message, which names what is wrong and what would be right.

Figures of modules that don't wait for each other are wrong in one plan together: each gets its message, and no other.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.terraform.terraform import GIVEN, LOCAL_STATE, command, copied, terraform

Root = Callable[[str], Path]
DIGEST = f'image_digest = "sha256:{"1" * 64}"'

pytestmark = pytest.mark.timeout(900)  # plans take long beside other processes


class Wrong(NamedTuple):
    """A figure as it stands in an environment's file, what is written in its place, and what is said to that."""

    right: str
    wrong: str
    message: str

    def written(self, figures: str) -> tuple[str, int]:
        """Writes the wrong figure into a file's text, however that is aligned; returns it, and in how many places."""
        right = r"(?<!\w)" + r"\s+".join(re.escape(part) for part in self.right.split())
        return re.subn(right, lambda _: self.wrong, figures)


TOGETHER: dict[str, tuple[str, tuple[Wrong, ...]]] = {
    "roots": (
        "dev",
        (
            Wrong('account = "536580886816"', 'account = "12"', "account must be the 12 digits of an AWS account"),
            Wrong('region  = "eu-west-1"', 'region  = "europe"', "region must be a region of AWS, such as eu-west-1"),
            Wrong("pitr_days             = 7", "pitr_days = 36", "pitr_days must be a whole number from 1 to 35"),
            Wrong('backups               = "daily"', 'backups = "weekly"', "backups must be hourly or daily"),
        ),
    ),
    "modules": (
        "dev",
        (
            Wrong("queue_retention_days       = 4", "queue_retention_days = 15", "retention_days must be from 1 to 14"),
            Wrong("archive_days               = 7", "archive_days = 0", "archive_days must be at least 1"),
            Wrong(
                "document_days       = 30",
                "document_days = 0",
                "document_days must be a whole number of days, at least 1",
            ),
            Wrong('encryption          = "SSE-S3"', 'encryption = "none"', "encryption must be SSE-S3 or SSE-KMS"),
            Wrong('cloudtrail = "off"', 'cloudtrail = "some"', "cloudtrail must be off, on or multi-region"),
            Wrong("password_length = 8", "password_length = 4", "password_length must be a whole number from 8 to 128"),
            Wrong("alert_fraction = 0.8", "alert_fraction = 80", "alert_fraction must be above 0 and at most 1"),
            Wrong('name = "bbws/bbws-orders"', 'name = "bbws/*"', "repository must be OWNER/NAME"),
            Wrong('tls_policy = "1.2"', 'tls_policy = "1.1"', 'tls_policy must be "1.2" or "1.3 preferred, 1.2 floor"'),
            Wrong('alarms = "none"', 'alarms = "some"', "alarms must be none, critical or comprehensive"),
            Wrong(
                'secrets    = "environment"',
                'secrets = "vault"',
                "source must be environment, secrets-manager or secrets-manager-rotated",
            ),
            Wrong('feedback        = "none"', 'feedback = "yes"', "feedback must be none, sns or sns-and-suppression"),
            Wrong("memory_mib = 1024 }\n    worker", "memory_mib = 4096 }\n    worker", "api with 256 and 4096 MiB"),
            Wrong('level = "DEBUG"', 'level = "TRACE"', "level must be DEBUG, INFO, WARNING or ERROR"),
            Wrong('"10.0.2.0/24"', '"10.0.1.0/25"', "Subnets must not overlap; these do: 10.0.1.0/24 and 10.0.1.0/25"),
            Wrong(DIGEST, 'image_digest = "latest"', "digest must be sha256: and 64 hexadecimal digits"),
            Wrong('issuer    = "https://', 'issuer = "http://', "issuer must be an https address"),
            Wrong('ticket = "platform@bbws.example"', 'ticket = "platform"', "recipients must be mail addresses"),
        ),
    ),
    # Alone: services wait for alarms, and what waits for something wrong isn't looked at.
    "release": (
        "dev",
        (Wrong('strategy            = "linear"', 'strategy = "canary"', "strategy must be linear or all-at-once"),),
    ),
    "networks": ("dev", (Wrong('"10.0.2.0/24"', '"10.9.2.0/24"', "10.9.2.0/24"),)),
    "regions": (
        "dev",
        (
            Wrong(
                "retention_days = 7,",
                "retention_days = 8,",
                "retention_days is 8; CloudWatch keeps logs for 1, 3, 5, 7,",
            ),
            Wrong(
                "dead_letter_retention_days = 7",
                "dead_letter_retention_days = 15",
                "dead_letter_retention_days must be from 1 to 14",
            ),
            Wrong('architecture         = "ARM64"', 'architecture = "arm"', "architecture must be ARM64 or X86_64"),
            Wrong(
                "stop_timeout_seconds = 30", "stop_timeout_seconds = 300", "stop_timeout_seconds must be from 30 to 120"
            ),
        ),
    ),
    "a figure is missing": (
        "dev",
        (Wrong("archive_days               = 7", "", 'attribute "archive_days" is required'),),
    ),
    "misspelt figures": (
        "dev",
        (
            Wrong(
                'feedback        = "none"',
                'feedback = "none", configuration_sets = "x"',
                "Nothing reads callers.origins, figures.mail.configuration_sets, figures.waff, network.endpoint:",
            ),
            Wrong("endpoints       = []", "endpoints = [], endpoint = []", ""),
            Wrong("waf        = false", "waf = false, waff = true", ""),
            Wrong(DIGEST, DIGEST + "\ncallers = { origins = [] }", ""),
        ),
    ),
    "production": (
        "prod",
        (
            Wrong(
                'failover_region = "eu-west-1"',
                'failover_region = "af-south-1"',
                "failover_region must be another region than region",
            ),
            Wrong(
                'operator_ips = ["203.0.113.0/24"]',
                "operator_ips = []",
                "operator_ips must be address ranges such as 203.0.113.0/24, at least one",
            ),
        ),
    ),
    "nobody to tell": (
        "prod",
        (
            Wrong(
                'recipients   = { ticket = "platform@bbws.example", page = "oncall@bbws.example" }',
                "",
                'variable "recipients" is not set',
            ),
        ),
    ),
}
"""By what refuses them: figures that are wrong together in an environment."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Root:
    """Returns an environment's root, initialised, in a copy."""
    tree = copied(tmp_path_factory.mktemp("wrong"))
    known: set[str] = set()

    def of(environment: str) -> Path:
        directory = tree / "environments" / environment
        if environment not in known:
            (directory / "backend_override.tf").write_text(LOCAL_STATE)
            terraform(directory, "init", "-no-color")
            known.add(environment)
        return directory

    return of


def errors(directory: Path, figures: str, given: str) -> list[str]:
    """Plans with figures and what was given beside them; returns the messages of errors, each as one line."""
    (directory / "terraform.tfvars").write_text(figures)
    (directory / "given.tfvars").write_text(given)
    done = command(directory, "plan", "-no-color", "-var-file=given.tfvars")
    said = re.split(r"^(?=(?:│ )?Error: )", done.stdout + done.stderr, flags=re.MULTILINE)[1:]
    assert done.returncode == 1 or not said
    return [" ".join(each.replace("│", " ").replace("╵", " ").split()) for each in said]


@pytest.mark.parametrize("names", TOGETHER)
def test_a_wrong_figure_gets_one_message(root: Root, names: str) -> None:
    environment, wrong = TOGETHER[names]
    directory = root(environment)
    figures = (directory / "terraform.tfvars").read_text()
    patched, given = figures, (GIVEN / f"{environment}.tfvars").read_text()
    for each in wrong:
        patched, once = each.written(patched)
        given, again = each.written(given)
        assert once + again == 1, each.right
    try:
        said = errors(directory, patched, given)
    finally:
        (directory / "terraform.tfvars").write_text(figures)
    messages = [each.message for each in wrong if each.message]
    assert {message: sum(message in one for one in said) for message in messages} == dict.fromkeys(messages, 1)
    assert len(said) == len(messages), said


def test_a_module_knows_its_environments(root: Root) -> None:
    directory = root("sit")
    main = directory / "main.tf"
    main.write_text(main.read_text().replace('environment = "sit"', 'environment = "staging"', 1))
    said = errors(directory, (directory / "terraform.tfvars").read_text(), (GIVEN / "sit.tfvars").read_text())
    assert said
    assert all("environment must be dev, sit or prod" in each for each in said)
