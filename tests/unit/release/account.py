"""An AWS account as Terraform leaves it, as far as releases look at it: made in moto."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from deploy.release.figures import REPOSITORY, Environment

Client = Callable[[str, str], Any]
"""Gives the client of a service in a region."""


def furnish(client: Client, found: Environment) -> None:
    """Makes all that a release needs to find in an environment's own region."""
    region = found.regions[0]
    for zone in found.zones:
        client("route53", region).create_hosted_zone(Name=zone, CallerReference=zone)
    import_certificate(client, region, found.domains[region], datetime.now(UTC) + timedelta(days=60))
    client("dynamodb", region).create_table(
        TableName=found.table,
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for queue in found.queues:
        client("sqs", region).create_queue(QueueName=queue)
    client("ecr", region).create_repository(repositoryName=REPOSITORY)


def import_certificate(client: Client, region: str, names: Sequence[str], until: datetime) -> None:
    """Has ACM keep a certificate of these names."""
    certificate, key = self_signed(names, until)
    client("acm", region).import_certificate(Certificate=certificate, PrivateKey=key)


def self_signed(names: Sequence[str], until: datetime) -> tuple[bytes, bytes]:
    """Returns a certificate that is its own authority, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=300))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
