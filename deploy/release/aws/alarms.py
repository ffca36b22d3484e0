"""Alarms, by CloudWatch."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from deploy.release.aws.calls import asked

_MOST_NAMES = 100


class CloudWatchAlarms:
    """``client`` gives the CloudWatch client of a region."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._client = client

    def standing(self, names: Mapping[str, Sequence[str]]) -> list[str]:
        """Raises: CloudFailed."""
        found = []
        for region, wanted in names.items():
            for start in range(0, len(wanted), _MOST_NAMES):
                with asked(f"describe-alarms in {region}"):
                    answer = self._client(region).describe_alarms(
                        AlarmNames=list(wanted[start : start + _MOST_NAMES]),
                        AlarmTypes=["MetricAlarm", "CompositeAlarm"],
                    )
                alarms = [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
                found += [f"{each['AlarmName']} in {region}" for each in alarms if each["StateValue"] == "ALARM"]
        return found
