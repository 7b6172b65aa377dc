"""What the channel layer over ZeroMQ and its brokers have counted, for `/metrics`."""

from __future__ import annotations

from collections.abc import Iterable

from channels.layers import get_channel_layer
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from cluster.channel_layer import ZmqChannelLayer


class LayerCollector(Collector):
    """Asks the layer whenever it is read; tells nothing where there is another layer, or none."""

    def describe(self) -> Iterable[Metric]:
        """What `collect` may tell, without values."""
        return _families()

    def collect(self) -> Iterable[Metric]:
        """Whether a broker answers, what this process has counted, and what each broker has."""
        layer = get_channel_layer()
        if not isinstance(layer, ZmqChannelLayer):
            return ()
        connected, own, brokers = _families()
        connected.add_metric([], layer.manager.is_connected)
        for event, number in layer.manager.counts().items():
            own.add_metric([event], number)
        for broker, counts in layer.manager.broker_counts().items():
            for event, number in counts.items():
                brokers.add_metric([broker, event], number)
        return connected, own, brokers


def _families() -> tuple[GaugeMetricFamily, CounterMetricFamily, CounterMetricFamily]:
    return (
        GaugeMetricFamily("nodius_layer_connected", "Whether a broker answers."),
        CounterMetricFamily(
            "nodius_layer_events", "What the layer of this process has counted.", labels=["event"]
        ),
        CounterMetricFamily(
            "nodius_broker_events",
            "What a broker has counted since it was started, as it said last.",
            labels=["broker", "event"],
        ),
    )
