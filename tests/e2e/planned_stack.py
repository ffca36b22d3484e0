"""The service on what Terraform plans for dev: LocalStack with the plan's resources, and a process for each role.

Each process records its calls to AWS where ORDERS_RECORDED_CALLS says (``tests.iam``).
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from email import message_from_string
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import httpx

from orders.bootstrap.dev.demo import PROFILES
from orders.bootstrap.workers import WORKERS
from tests.e2e.stack import Stack
from tests.planned.applied_plan import ResourcePlan, applied_plan
from tests.planned.making import clients_of
from tests.planned.removal import remove_resources
from tests.planned.resources import make_resources
from tests.planned.tasks import planned_settings
from tests.support.eventually import eventually
from tests.support.ports import free_port
from tests.terraform.terraform import copied

ROOT = Path(__file__).parents[2]
COMMANDS: Mapping[str, Sequence[str]] = {"api": ["api"], "relay": ["relay"]} | {
    name: ["worker", name] for name in WORKERS
}
READY_WITHIN_SECONDS = 90

# In place of what is planned. As `orders dev` has them: what died is taken up again within seconds; the issuer is the
# development one, and what ECS would give from secrets is made up.
SETTINGS = {
    "DEV_ISSUER_ENABLED": "true",
    "CURSOR_KEYS": "of a stack that lives as long as its tests",
    # LocalStack's account.
    "ORDER_SENDERS": "000000000000=*",
    "STAFF_ADDRESS_FALLBACK": "orders@{tenant}.example",
    "MAIL_PER_SECOND": "200",
    "MAIL_DAILY_QUOTA": "1000000",
    "QUEUE_VISIBILITY_SECONDS": "20",
    "MAIL_LEASE_SECONDS": "15",
    "QUEUE_WAIT_SECONDS": "5",
    "RELAY_LAG_SECONDS": "2",
    "RATE_LIMIT_PER_SECOND": "10000",
    "RATE_LIMIT_BURST": "20000",
    "LOG_LEVEL": "WARNING",
}


class PlannedStack(Stack):
    """Starts, kills and stops the processes; the emulator stays, for it isn't ours."""

    environment_name = "dev"

    def __init__(self, directory: Path) -> None:
        url = os.environ.get("ORDERS_TEST_LOCALSTACK_URL")
        assert url, "ORDERS_TEST_LOCALSTACK_URL must name a LocalStack"
        self._aws_url, self._directory = url, directory
        self._port = free_port()
        super().__init__(f"http://127.0.0.1:{self._port}")
        self.plan: ResourcePlan = applied_plan(copied(directory / "terraform") / "environments" / self.environment_name)
        table = next(self.plan.of_kind("aws_dynamodb_table"))
        self.region = table.values["region"]
        remove_resources(self.plan, url, self.region)
        make_resources(self.plan, url, self.region)
        self._fill()
        # LocalStack keeps those of earlier runs, whose orders have the same numbers where a test names the key.
        self._earlier_mails = {each["Id"] for each in self._given_mails()}
        self._planned = planned_settings(self.plan)
        self._health_ports = {role: free_port() for role in COMMANDS}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def _fill(self) -> None:
        """Puts what isn't a resource: shops' profiles."""
        client = clients_of(self._aws_url, self.region)
        for tenant, profile in PROFILES.items():
            client("s3").put_object(
                Bucket=f"bbws-email-templates-{self.environment_name}",
                Key=f"tenants/{tenant}/profile.json",
                Body=json.dumps(profile).encode(),
            )

    def environment_of(self, role: str) -> dict[str, str]:
        """The environment variables of a role's process: as planned, but for those that an emulator needs."""
        common = {"ENVIRONMENT": self.environment_name, "AWS_REGION": self.region}
        planned = common if role == "operator" else self._planned[role]
        own = {"HEALTH_PORT": str(self._health_ports[role])} if role in self._health_ports else {}
        return os.environ | planned | SETTINGS | own | {
            "AWS_ENDPOINT_URL": self._aws_url,
            "API_PORT": str(self._port),
            "ORDERS_DATA_DIR": str(self._directory / "data"),
        }  # fmt: skip

    def command_of(self, role: str, *command: str) -> list[str]:
        """The command line of an `orders` command in a role."""
        return [sys.executable, "-m", "tests.iam.recorded_role", role, *command]

    def start(self) -> None:
        """See ``Stack.start``."""
        for role, command in COMMANDS.items():
            if role not in self._processes or self._processes[role].poll() is not None:
                with self._log(role).open("ab") as log:
                    self._processes[role] = subprocess.Popen(
                        self.command_of(role, *command), cwd=ROOT, env=self.environment_of(role),
                        stdout=log, stderr=log, start_new_session=True,
                    )  # fmt: skip
        for role in COMMANDS:
            eventually(lambda role=role: self._ready(role), within_seconds=READY_WITHIN_SECONDS, what=role)  # type: ignore[misc]

    def _log(self, role: str) -> Path:
        return self._directory / f"{role}.log"

    def _ready(self, role: str) -> bool:
        assert self._processes[role].poll() is None, f"{role} has ended: {self._log(role).read_text()[-2000:]}"
        try:
            answer = self.client.get(f"http://127.0.0.1:{self._health_ports[role]}/health/ready")
        except httpx.TransportError:
            return False
        return answer.status_code == httpx.codes.OK

    def kill(self) -> None:
        """See ``Stack.kill``."""
        for process in self._processes.values():
            # With the processes that render for it.
            os.killpg(process.pid, signal.SIGKILL)
        for process in self._processes.values():
            process.wait(10)

    def stop(self) -> int:
        """See ``Stack.stop``."""
        for process in self._processes.values():
            process.terminate()
        return max(process.wait(60) for process in self._processes.values())

    def remove(self) -> None:
        """See ``Stack.remove``."""
        for process in self._processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)
        self.client.close()

    @property
    def aws_url(self) -> str:
        """See ``Stack.aws_url``."""
        return self._aws_url

    def orders_token(self, *arguments: str) -> str:
        """See ``Stack.orders_token``."""
        return self.operator("token", *arguments).strip()

    def operator(self, *command: str, typed: str = "") -> str:
        """Runs an operator's command and returns its output."""
        done = subprocess.run(
            self.command_of("operator", *command), cwd=ROOT, env=self.environment_of("operator"),
            input=typed, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"orders {' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout

    def mails(self) -> list[dict[str, Any]]:
        """See ``Stack.mails``: those that LocalStack was given, of which deployed services keep no copy."""
        mails = [
            (each["Id"], message_from_string(each.get("RawData", ""), policy=SMTP))
            for each in self._given_mails()
            if each["Id"] not in self._earlier_mails
        ]
        return [_shown(id_, mail) for id_, mail in mails if mail["X-Order-Mail"]]

    def _given_mails(self) -> list[dict[str, Any]]:
        given: list[dict[str, Any]] = self.client.get(f"{self._aws_url}/_aws/ses").json()["messages"]
        return given

    def attachment(self, attached: dict[str, Any]) -> bytes:
        """See ``Stack.attachment``."""
        content: bytes = attached["content"]
        return content


def _shown(id_: str, mail: EmailMessage) -> dict[str, Any]:
    tags = dict(each.strip().split("=", 1) for each in str(mail["X-SES-MESSAGE-TAGS"]).split(","))
    bodies = {kind: mail.get_body((kind,)) for kind in ("plain", "html")}
    return {
        "id": id_,
        "order_number": str(mail["X-Order-Number"]),
        "mark": str(mail["X-Order-Mail"]),
        "template": tags["template"],
        "recipients": [address.addr_spec for address in mail["To"].addresses],
        "subject": str(mail["Subject"]),
        "text": "" if bodies["plain"] is None else bodies["plain"].get_content(),
        "html": "" if bodies["html"] is None else bodies["html"].get_content(),
        "attachments": [
            {
                "filename": part.get_filename(),
                "media_type": part.get_content_type(),
                "content": part.get_payload(decode=True),
            }
            for part in mail.iter_attachments()
        ],
    }
