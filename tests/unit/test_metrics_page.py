"""docs/metrics.md is made from the catalogue of metrics, and says of each who looks at it."""

from pathlib import Path

from orders.ports.metric_catalogue import CATALOGUE
from tools.metrics_table import LOG_ONLY, alarms_by_metric, metrics_page, widgets_by_metric

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"


def test_the_page_is_the_catalogue() -> None:
    assert PAGE.read_text(encoding="utf-8") == metrics_page(), "run `make docs`"


def test_each_metric_is_looked_at_or_a_reason_is_stated_why_not() -> None:
    looked_at = {*alarms_by_metric(), *widgets_by_metric()}
    assert looked_at | LOG_ONLY.keys() == CATALOGUE.keys()
    assert looked_at & LOG_ONLY.keys() == set()
