"""What is looked at before a release: the account, names and certificates, table, queues, image."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from deploy.release.aws.calls import asked
from deploy.release.figures import REPOSITORY, Environment
from deploy.release.model import ACCOUNT, Check
from deploy.release.ports import CloudFailed

CERTIFICATE_LEFT = timedelta(days=14)
"""ACM renews 60 days ahead: one with so little left was not renewed."""
_ABSENT = {
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
    "ImageNotFoundException",
    "RepositoryNotFoundException",
}


class AwsPreparations:
    """Looks, and changes nothing.

    Args:
        client: gives the client of a service in a region.
        now: the time, for what expires.
    """

    def __init__(
        self, environment: Environment, client: Callable[[str, str], Any], now: Callable[[], datetime]
    ) -> None:
        self._environment = environment
        self._client = client
        self._now = now

    def checks(self, digest: str) -> list[Check]:
        """Raises: CloudFailed."""
        account = self._account()
        if not account.ok:
            return [account]
        return [account, *self._zones(), *self._in_regions(digest)]

    def images(self, digest: str) -> list[Check]:
        """Raises: CloudFailed."""
        return [self._image(region, digest) for region in self._environment.regions]

    def _in_regions(self, digest: str) -> Iterator[Check]:
        for region in self._environment.regions:
            yield self._certificate(region)
            yield self._table(region, self._environment.table)
            yield from self._queues(region)
            yield self._image(region, digest)
        if self._environment.control_table is not None:
            # It has no replica where the API of the first region is: any of its own regions answers for it.
            yield self._table(self._environment.regions[-1], self._environment.control_table)

    def _account(self) -> Check:
        region = self._environment.regions[0]
        with asked("get-caller-identity"):
            who = self._client("sts", region).get_caller_identity()
        right = who["Account"] == self._environment.account
        words = f"{who['Account']} as {who['Arn']}"
        return Check(ACCOUNT, right, words if right else f"{words}; {self._environment.account} is wanted")

    def _zones(self) -> Iterator[Check]:
        client = self._client("route53", self._environment.regions[0])
        for zone in self._environment.zones:
            with asked(f"list-hosted-zones-by-name {zone}"):
                answer = client.list_hosted_zones_by_name(DNSName=zone, MaxItems="10")
            found = [
                each["Id"]
                for each in answer["HostedZones"]
                if each["Name"] == f"{zone}." and not each.get("Config", {}).get("PrivateZone")
            ]
            yield Check(f"zone {zone}", bool(found), ", ".join(found) or "there is no public zone of that name")

    def _certificate(self, region: str) -> Check:
        name = f"certificate in {region}"
        wanted = set(self._environment.domains[region])
        client = self._client("acm", region)
        closest = "none covers " + ", ".join(sorted(wanted))
        with asked(f"list-certificates in {region}"):
            pages = client.get_paginator("list_certificates").paginate(CertificateStatuses=["ISSUED"])
            arns = [each["CertificateArn"] for page in pages for each in page["CertificateSummaryList"]]
            for arn in arns:
                found = client.describe_certificate(CertificateArn=arn)["Certificate"]
                if not wanted <= {found["DomainName"], *found.get("SubjectAlternativeNames", [])}:
                    continue
                if found["NotAfter"] - self._now() >= CERTIFICATE_LEFT:
                    return Check(name, True, f"valid until {found['NotAfter']:%Y-%m-%d}")
                closest = f"{arn} ends {found['NotAfter']:%Y-%m-%d}"
        return Check(name, False, closest)

    def _table(self, region: str, table: str) -> Check:
        state = self._there(
            f"describe-table {table}",
            lambda: str(self._client("dynamodb", region).describe_table(TableName=table)["Table"]["TableStatus"]),
        )
        return Check(f"table {table} in {region}", state == "ACTIVE", state or "not there")

    def _queues(self, region: str) -> Iterator[Check]:
        client = self._client("sqs", region)
        missing, letters = [], []
        for queue in self._environment.queues:
            url = self._there(f"get-queue-url {queue}", partial(_url_of, client, queue))
            if url is None:
                missing.append(queue)
            elif "-dlq-" in queue:
                with asked(f"get-queue-attributes {queue}"):
                    wanted = "ApproximateNumberOfMessages"
                    found = client.get_queue_attributes(QueueUrl=url, AttributeNames=[wanted])
                if int(found["Attributes"][wanted]):
                    letters.append(f"{queue}: {found['Attributes'][wanted]}")
        there = f"{len(self._environment.queues)} are there"
        yield Check(f"queues in {region}", not missing, f"not there: {', '.join(missing)}" if missing else there)
        if letters:
            # More than a few are an alarm that stands; fewer would still count against the new revision.
            yield Check(f"dead letters in {region}", None, ", ".join(letters))

    def _image(self, region: str, digest: str) -> Check:
        found = self._there(
            f"describe-images in {region}",
            lambda: str(
                self._client("ecr", region).describe_images(
                    repositoryName=REPOSITORY, imageIds=[{"imageDigest": digest}]
                )["imageDetails"][0]["imageDigest"]
            ),
        )
        words = digest if found else f"{digest} is not in the registry: it is copied there first, never built anew"
        return Check(f"image in {region}", found == digest, words)

    @staticmethod
    def _there(call: str, look: Callable[[], str]) -> str | None:
        """Returns what is found; ``None`` where AWS says that there is nothing. Raises: CloudFailed."""
        try:
            with asked(call):
                return look()
        except CloudFailed as error:
            cause = error.__cause__
            if isinstance(cause, ClientError) and cause.response.get("Error", {}).get("Code") in _ABSENT:
                return None
            raise


def _url_of(client: Any, queue: str) -> str:
    return str(client.get_queue_url(QueueName=queue)["QueueUrl"])
