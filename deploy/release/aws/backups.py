"""The backup before a release, by AWS Backup."""

from typing import Any

from deploy.release.aws.calls import asked
from deploy.release.figures import Environment


class VaultBackups:
    """Backups of the orders table in the environment's own region; ``client`` is AWS Backup's there."""

    def __init__(self, environment: Environment, client: Any) -> None:
        self._environment = environment
        self._client = client

    def start(self) -> str:
        """Raises: CloudFailed."""
        name, account, region = self._environment.name, self._environment.account, self._environment.regions[0]
        with asked("start-backup-job"):
            answer = self._client.start_backup_job(
                BackupVaultName=f"bbws-orders-{name}",
                ResourceArn=f"arn:aws:dynamodb:{region}:{account}:table/{self._environment.table}",
                IamRoleArn=f"arn:aws:iam::{account}:role/bbws-orders-backup-{name}-{region}",
                # That of the plan: a vault that is locked takes no shorter one.
                Lifecycle={"DeleteAfterDays": self._environment.backup_days},
            )
        return str(answer["BackupJobId"])

    def state(self, job: str) -> str:
        """Raises: CloudFailed."""
        with asked(f"describe-backup-job {job}"):
            return str(self._client.describe_backup_job(BackupJobId=job)["State"])
