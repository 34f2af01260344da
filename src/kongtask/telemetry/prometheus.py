"""Numbers as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from kongtask.monitoring import QueueStatistics
from kongtask.telemetry.http import Response
from kongtask.telemetry.measures import Histogram, Measures, Metric

_PREFIX = "kongtask_"

#: The format, and the version of it that every Prometheus reads.
_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

QUEUE_METRICS = (
    Metric("queue_up", "gauge", "Whether the queue's figures could be read."),
    Metric("queue_jobs", "gauge", "Jobs in the table; estimated where it is large.", "state"),
    Metric("queue_due_jobs", "gauge", "Jobs that a worker might take now; counted up to 10,000."),
    Metric("queue_oldest_due_age_seconds", "gauge", "Age of the job that is due the longest."),
    Metric("queue_sampled_ratio", "gauge", "Share of the table that was counted; 1 is exact."),
)


def worker_text(measures: Measures) -> bytes:
    """Return what a worker has done, and what its tasks count in the library's own registry."""
    return _text(_worker_families(measures)) + generate_latest(REGISTRY)


def queue_text(figures: QueueStatistics | None) -> bytes:
    """Return how much there is in the queue; of None, that it could not be read."""
    return _text(_queue_families(figures))


def metrics_response(text: bytes) -> Response:
    """Return metrics as they are sent."""
    return Response(body=text, content_type=_CONTENT_TYPE)


def merged(texts: Sequence[tuple[str, bytes]]) -> bytes:
    """Return the metrics of several processes as one text.

    Args:
        texts: the value of the label ``process``, and what the process tells.
    """
    families: dict[str, Family] = {}
    for process, text in texts:
        for family in text_string_to_metric_families(text.decode()):
            known = families.get(family.name)
            if known is None:
                known = families[family.name] = Family(
                    family.name, family.documentation, family.type
                )
            for sample in family.samples:
                known.samples.append(sample._replace(labels={**sample.labels, "process": process}))
    return _text(families.values())


def _worker_families(measures: Measures) -> Iterable[Family]:
    families: dict[str, Family] = {}
    for metric, value, number in measures.read():
        family = families.setdefault(metric.name, _family(metric))
        labels = {} if metric.label is None else {metric.label: str(value)}
        if isinstance(number, Histogram):
            _add_histogram(family, labels, number)
        else:
            suffix = "_total" if metric.kind == "counter" else ""
            family.add_sample(family.name + suffix, labels, number)
    return families.values()


def _add_histogram(family: Family, labels: dict[str, str], histogram: Histogram) -> None:
    bounds = [*(f"{bound:g}" for bound in histogram.bounds), "+Inf"]
    counts = list(accumulate(histogram.counts))
    for bound, count in zip(bounds, counts, strict=True):
        family.add_sample(f"{family.name}_bucket", {**labels, "le": bound}, count)
    family.add_sample(f"{family.name}_count", labels, counts[-1])
    family.add_sample(f"{family.name}_sum", labels, histogram.total)


def _queue_families(figures: QueueStatistics | None) -> Iterable[Family]:
    up, jobs, due, age, sampled = families = [_family(metric) for metric in QUEUE_METRICS]
    up.add_sample(up.name, {}, figures is not None)
    if figures is None:
        return [up]
    for state in ("waiting", "scheduled", "retrying", "locked", "failed"):
        jobs.add_sample(jobs.name, {"state": state}, getattr(figures.jobs, state))
    due.add_sample(due.name, {}, figures.due)
    age.add_sample(age.name, {}, figures.oldest_age)
    sampled.add_sample(sampled.name, {}, figures.sampled)
    return families


def _family(metric: Metric) -> Family:
    return Family(_PREFIX + metric.name, metric.help, metric.kind)


def _text(families: Iterable[Family]) -> bytes:
    class Given(Collector):
        def collect(self) -> Iterable[Family]:
            return families

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Given())
    return generate_latest(registry)
