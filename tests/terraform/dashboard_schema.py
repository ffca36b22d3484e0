"""A dashboard's body as CloudWatch takes it: what it does not know it refuses, or shows nothing of.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

COLUMNS = 24
REGION = r"^[a-z]{2}-[a-z]+-\d$"


class Closed(BaseModel):
    """A part of a body that has no other keys than these."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Rendering(Closed):
    """What may stand at the end of a metric or expression: its rendering properties."""

    color: str | None = Field(None, pattern=r"^#[0-9a-fA-F]{6}$")
    expression: str | None = None
    id: str | None = Field(None, pattern=r"^[a-z]\w*$")
    label: str | None = None
    period: int | None = None
    region: str | None = Field(None, pattern=REGION)
    stat: str | None = None
    visible: bool = True
    yAxis: Literal["left", "right"] = "left"  # noqa: N815 — CloudWatch's own name


class Axis(Closed):
    """Bounds and label of an axis."""

    min: float | None = None
    max: float | None = None
    label: str | None = None
    showUnits: bool = True  # noqa: N815 — CloudWatch's own name


class Axes(Closed):
    """The left axis and the right one."""

    left: Axis = Axis()
    right: Axis = Axis()


class Legend(Closed):
    """Where the legend stands."""

    position: Literal["bottom", "right", "hidden"]


class Mark(Closed):
    """A horizontal annotation."""

    value: float
    label: str
    color: str | None = None
    fill: Literal["above", "below", "none"] | None = None


class Annotations(Closed):
    """Lines across a graph."""

    horizontal: list[Mark] = []


class Properties(Closed):
    """Those of a widget of the type metric."""

    title: str = Field(min_length=1, max_length=60)
    metrics: list[list[Any]] = Field(min_length=1, max_length=500)
    region: str = Field(pattern=REGION)
    view: Literal["timeSeries", "singleValue", "gauge", "bar", "pie", "table"]
    stacked: bool
    stat: str = Field(pattern=r"^(SampleCount|Average|Sum|Minimum|Maximum|p\d{1,2}(\.\d+)?)$")
    period: int = Field(gt=0)
    legend: Legend
    yAxis: Axes  # noqa: N815 — CloudWatch's own name
    annotations: Annotations = Annotations()

    @field_validator("metrics")
    @classmethod
    def lines_are_metrics_or_expressions(cls, lines: list[list[Any]]) -> list[list[Any]]:
        """Namespace, name, and names with values of dimensions; or nothing but an expression."""
        for line in lines:
            texts = [each for each in line if isinstance(each, str)]
            options = Rendering.model_validate(line[len(texts)] if len(line) > len(texts) else {})
            if len(line) > len(texts) + 1 or any(isinstance(each, str) for each in line[len(texts) :]):
                raise ValueError(f"{line}: rendering properties come last, and once")
            if (options.expression is None) != (len(texts) >= 2 and len(texts) % 2 == 0):
                raise ValueError(f"{line}: namespace, name and pairs, or an expression")
        return lines

    @field_validator("period")
    @classmethod
    def a_period_is_of_whole_minutes(cls, period: int) -> int:
        """Or 1, 5, 10, 30 seconds of metrics of high resolution, which we have none of."""
        if period % 60:
            raise ValueError("whole minutes")
        return period

    @model_validator(mode="after")
    def ids_are_unique_and_what_is_calculated_of_is_there(self) -> "Properties":
        """An expression of what is not on the graph shows nothing."""
        ends = [Rendering.model_validate(line[-1]) for line in self.metrics if isinstance(line[-1], dict)]
        ids = [each.id for each in ends if each.id]
        if len(ids) != len(set(ids)):
            raise ValueError(f"ids {ids}")
        for each in ends:
            calculated = "" if not each.expression or each.expression.startswith("SEARCH(") else each.expression
            if missing := set(re.findall(r"\b[a-z]\w*", calculated)) - set(ids):
                raise ValueError(f"{each.expression} is of {missing}")
        return self


class Widget(Closed):
    """A widget at its place on the grid of 24 columns."""

    type: Literal["metric"]
    x: int = Field(ge=0, le=COLUMNS - 1)
    y: int = Field(ge=0)
    width: int = Field(ge=1, le=COLUMNS)
    height: int = Field(ge=1, le=1000)
    properties: Properties

    @model_validator(mode="after")
    def it_is_within_the_grid(self) -> "Widget":
        """It ends before the last column does."""
        if self.x + self.width > COLUMNS:
            raise ValueError("beyond the last column")
        return self


class Body(Closed):
    """The whole body."""

    widgets: list[Widget] = Field(min_length=1, max_length=500)
