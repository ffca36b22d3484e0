"""What is looked at before a release, on moto's account; and calls that no emulator answers, on AWS's model."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from deploy.release.aws.alarms import CloudWatchAlarms
from deploy.release.aws.backups import VaultBackups
from deploy.release.aws.calls import asked, clients
from deploy.release.aws.preparations import AwsPreparations
from deploy.release.figures import REPOSITORY, Environment, environment
from deploy.release.model import Check
from deploy.release.ports import CloudFailed
from tests.contract.moto_server import moto_server
from tests.unit.release.account import Client, furnish, import_certificate

NOW = datetime.now(UTC)
REGION = "eu-west-1"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    with moto_server() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        yield clients(boto3.session.Session())


@pytest.fixture
def sit(client: Client) -> Environment:
    """The environment in moto's account, with everything that a release needs there."""
    account = client("sts", REGION).get_caller_identity()["Account"]
    found = replace(environment("sit"), account=account)
    furnish(client, found)
    return found


@pytest.fixture
def digest(client: Client, sit: Environment) -> str:
    """Digest of an image in the registry."""
    assert sit.name == "sit"
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": []}
    put = client("ecr", REGION).put_image(
        repositoryName=REPOSITORY, imageManifest=json.dumps(manifest), imageTag="release-1"
    )
    return str(put["image"]["imageId"]["imageDigest"])


def look(client: Client, where: Environment, digest: str) -> dict[str, Check]:
    return {each.name: each for each in AwsPreparations(where, client, lambda: NOW).checks(digest)}


def bad(checks: Mapping[str, Check]) -> set[str]:
    return {name for name, check in checks.items() if check.ok is False}


def test_an_environment_that_is_whole_has_nothing_against_a_release(
    client: Client, sit: Environment, digest: str
) -> None:
    found = look(client, sit, digest)
    assert bad(found) == set(), found
    assert set(found) == {
        "account",
        "zone bbws.io",
        "zone kimmyai.io",
        f"certificate in {REGION}",
        f"table {sit.table} in {REGION}",
        f"queues in {REGION}",
        f"image in {REGION}",
    }


def test_in_another_account_nothing_else_is_asked(client: Client, sit: Environment, digest: str) -> None:
    found = look(client, replace(sit, account="093646564004"), digest)
    assert (set(found), bad(found)) == ({"account"}, {"account"})
    assert "093646564004 is wanted" in found["account"].detail


def test_what_is_missing_is_named(client: Client, sit: Environment, digest: str) -> None:
    wanted = replace(
        sit,
        zones=("elsewhere.io",),
        table="no-table",
        queues=(*sit.queues, "no-queue"),
        control_table="no-control-table",
        domains={REGION: (*sit.domains[REGION], "new.bbws.io")},
    )
    found = look(client, wanted, f"sha256:{'9' * 64}")
    assert bad(found) == set(found) - {"account"}
    assert found[f"queues in {REGION}"].detail == "not there: no-queue"
    assert "new.bbws.io" in found[f"certificate in {REGION}"].detail
    assert "copied there first" in found[f"image in {REGION}"].detail


def test_a_certificate_that_was_not_renewed_stops_a_release(client: Client, sit: Environment, digest: str) -> None:
    wanted = replace(sit, domains={REGION: ("late.bbws.io",)})
    import_certificate(client, REGION, ("late.bbws.io",), NOW + timedelta(days=13))
    assert bad(look(client, wanted, digest)) == {f"certificate in {REGION}"}
    import_certificate(client, REGION, ("late.bbws.io",), NOW + timedelta(days=15))
    assert bad(look(client, wanted, digest)) == set()


def test_dead_letters_are_told_and_stop_nothing(client: Client, sit: Environment, digest: str) -> None:
    letters = next(each for each in sit.queues if "-dlq-" in each)
    sqs = client("sqs", REGION)
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=letters)["QueueUrl"], MessageBody="{}")
    found = look(client, sit, digest)
    assert found[f"dead letters in {REGION}"] == Check(f"dead letters in {REGION}", None, f"{letters}: 1")


def test_alarms_that_stand_are_found_in_their_region(client: Client) -> None:
    for region, state in (("af-south-1", "OK"), (REGION, "ALARM")):
        client("cloudwatch", region).put_metric_alarm(
            AlarmName="release-1",
            Namespace="BBWS/Orders",
            MetricName="errors",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=2,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        client("cloudwatch", region).set_alarm_state(AlarmName="release-1", StateValue=state, StateReason="test")
    alarms = CloudWatchAlarms(lambda region: client("cloudwatch", region))
    assert alarms.standing({"af-south-1": ["release-1"], REGION: ["release-1", "release-2"]}) == [
        f"release-1 in {REGION}"
    ]


def test_the_backup_is_of_the_orders_table_and_kept_as_the_plan_says() -> None:
    client = boto3.client("backup", "af-south-1", aws_access_key_id="x", aws_secret_access_key="x")
    prod = environment("prod")
    with Stubber(client) as stubber:
        stubber.add_response(
            "start_backup_job",
            {"BackupJobId": "job-1"},
            {
                "BackupVaultName": "bbws-orders-prod",
                "ResourceArn": "arn:aws:dynamodb:af-south-1:093646564004:table/bbws-customer-portal-orders-prod",
                "IamRoleArn": "arn:aws:iam::093646564004:role/bbws-orders-backup-prod-af-south-1",
                "Lifecycle": {"DeleteAfterDays": 90},
            },
        )
        stubber.add_response("describe_backup_job", {"State": "RUNNING"}, {"BackupJobId": "job-1"})
        stubber.add_client_error("describe_backup_job", "ResourceNotFoundException")
        backups = VaultBackups(prod, client)
        assert backups.start() == "job-1"
        assert backups.state("job-1") == "RUNNING"
        with pytest.raises(CloudFailed, match="describe-backup-job job-1"):
            backups.state("job-1")


def test_an_address_that_does_not_answer_is_one_message() -> None:
    client = boto3.client(
        "ecs",
        REGION,
        aws_access_key_id="x",
        aws_secret_access_key="x",
        endpoint_url="http://127.0.0.1:9",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with pytest.raises(CloudFailed, match="describe-clusters: Could not connect"), asked("describe-clusters"):
        client.describe_clusters()
