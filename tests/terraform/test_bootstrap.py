"""What an account needs before there is state is planned for each, by the file of its figures ([OPS-5])."""

from pathlib import Path
from typing import Any

import pytest

from tests.terraform.terraform import copied, plan

# Account, region, how state is encrypted, whether all its versions stay (MFA delete), days of its access log.
ACCOUNTS = {
    "dev": ("536580886816", "eu-west-1", "AES256", False, 30),
    "sit": ("815856636111", "eu-west-1", "AES256", False, 90),
    "prod": ("093646564004", "af-south-1", "aws:kms", True, 2555),
}


@pytest.mark.parametrize("environment", ACCOUNTS)
def test_an_account_gets_state_locks_and_the_issuer_of_tokens(tmp_path: Path, environment: str) -> None:
    account, region, algorithm, versions_stay, log_days = ACCOUNTS[environment]
    planned = plan(copied(tmp_path) / "bootstrap", f"-var-file={environment}.tfvars")

    assert planned["variables"]["account"]["value"] == account
    assert planned["variables"]["region"]["value"] == region
    found: dict[str, Any] = {
        each["address"]: each["values"]
        for each in planned["planned_values"]["root_module"]["resources"]
        if each["mode"] == "managed"
    }
    assert found['aws_s3_bucket.this["state"]']["bucket"] == f"bbws-terraform-state-{environment}"
    assert found["aws_dynamodb_table.locks"]["name"] == f"terraform-locks-{environment}"
    assert found["aws_iam_openid_connect_provider.github"]["client_id_list"] == ["sts.amazonaws.com"]
    [encryption] = found['aws_s3_bucket_server_side_encryption_configuration.this["state"]']["rule"]
    assert encryption["apply_server_side_encryption_by_default"][0]["sse_algorithm"] == algorithm
    assert ("aws_s3_bucket_lifecycle_configuration.state[0]" not in found) is versions_stay
    [log] = found["aws_s3_bucket_lifecycle_configuration.logs"]["rule"]
    assert log["expiration"][0]["days"] == log_days
