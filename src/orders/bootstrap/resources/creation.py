"""Creates what the topology declares on an endpoint: an emulator, for local use and tests. Terraform does it on AWS.

`create_resources` may run any number of times: what is there and as declared is left alone, what is missing is
created, what can be changed in place is changed, and what can't is reported as a difference.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from orders.adapters.together import together
from orders.bootstrap.resources.messaging import ensure_messaging
from orders.bootstrap.resources.model import Changes, ResourceClients, ResourceError, error_code
from orders.bootstrap.resources.names import ResourceNames
from orders.bootstrap.resources.table import ensure_table
from orders.bootstrap.resources.topology import Topology

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

__all__ = ["Changes", "ResourceClients", "ResourceError", "create_resources"]


async def create_resources(
    topology: Topology,
    clients: ResourceClients,
    *,
    environment: str,
    sender_identities: Sequence[str] = (),
    tables: Collection[str] = (),
    names: ResourceNames | None = None,
) -> Changes:
    """Brings tables, indexes, buckets, bus, queues, topics, rules and mail senders of an environment into being.

    `tables` are keys of tables to make although they are declared for other environments; `names` are those of tables
    and buckets, by default the derived ones.
    `sender_identities` are addresses (or domains) mail is sent from; their bounces and complaints go to the
    feedback topic. Buckets keep versions here in every environment, so that erasing versions can be tried locally.

    Raises:
        ResourceError: the endpoint can't be reached, or refused a call.
    """
    changes = Changes()
    names = names or ResourceNames(topology, environment)
    try:
        await together(
            *(
                ensure_table(clients.dynamodb, table, names.table(table.key), changes)
                for table in topology.tables
                if table.exists_in(environment) or table.key in tables
            ),
            _ensure_buckets(clients.s3, [names.bucket(bucket.key) for bucket in topology.buckets], changes),
            ensure_messaging(clients, topology, environment, tuple(sender_identities), changes),
        )
    except (ClientError, BotoCoreError) as error:
        raise ResourceError(f"resources of environment {environment}: {error}") from error
    return changes


async def _ensure_buckets(s3: "S3Client", names: Sequence[str], changes: Changes) -> None:
    existing = {bucket["Name"] for bucket in (await s3.list_buckets()).get("Buckets", [])}
    await together(*(_ensure_bucket(s3, name, exists=name in existing, changes=changes) for name in names))


async def _ensure_bucket(s3: "S3Client", name: str, *, exists: bool, changes: Changes) -> None:
    if not exists:
        await _create_bucket(s3, name)
        changes.created.append(f"bucket {name}")
    elif (await s3.get_bucket_versioning(Bucket=name)).get("Status") == "Enabled":
        return
    else:
        changes.updated.append(f"bucket {name}: versioning")
    await s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


async def _create_bucket(s3: "S3Client", name: str) -> None:
    region = s3.meta.region_name
    try:
        if region == "us-east-1":
            # The one region that must not be named as a constraint.
            await s3.create_bucket(Bucket=name)
        else:
            await s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})  # type: ignore[typeddict-item]
    except ClientError as error:
        # Made by an attempt of this call whose answer was lost.
        if error_code(error) != "BucketAlreadyOwnedByYou":
            raise
