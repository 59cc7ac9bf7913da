"""What families of metrics have in common: bounds of labels, and figures that are read from a field."""

from typing import NamedTuple

from prometheus_client.core import GaugeMetricFamily, Metric

LABEL_VALUES_MAX = 100
OTHER = "other"


class Figure(NamedTuple):
    """A metric that is one ``field`` of a struct."""

    name: str
    text: str
    field: str


def gauge(name: str, text: str, value: float | None) -> Metric:
    """Return a gauge without labels; without a sample where the value is unknown."""
    family = GaugeMetricFamily(name, text)
    if value is not None:
        family.add_metric([], float(value))
    return family
