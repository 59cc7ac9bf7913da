"""The tables of metrics in the reference, made of what ``GET /metrics`` answers for a full status.

``PYTHONPATH=tests python -m metrics_page`` writes the page again.
"""

from collections.abc import Iterator
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families as parse
from sql_files import SOURCE

from backbeat.app import LABELS
from backbeat.loop_report import Durations, LastFailure, LoopReport
from backbeat.observe import metrics
from backbeat.observe.tree import AuditStatus, ChangeLogStatus, Check
from builders.statuses import NOW, consumer, indexer, job, status

PAGE = SOURCE.parent / "docs" / "reference" / "metrics.md"
BEGIN = "<!-- made by tests/metrics_page.py -->\n"
BEGINS = {  # the metric that begins a section
    "backbeat_build_info": "The program",
    "backbeat_indexer_phase": "The block loop",
    "backbeat_job_age_seconds": "Jobs",
    "backbeat_change_log_bytes": "The change log",
    "backbeat_drift_rows": "Drift",
    "backbeat_database_size_bytes": "The database and the processes",
}
COLUMNS = "| metric | type | labels | meaning |\n|---|---|---|---|"
# names that come from data, and the bounds of a histogram: no list of their values
OPEN = {"version", "check", "job_name", "reason", "consumer", "audit", "method", "le"}
FULL = status(
    indexer=indexer(
        report=LoopReport(
            node_calls={"GetBlock": Durations()},
            last_failure=LastFailure(height=1, reason="lock_timeout", error="", age_seconds=0.0),
        )
    ),
    jobs=(job(deferred_seconds=3.0, succeeded_at=NOW),),
    audits=(AuditStatus(audit="a", same=1, differing=0, unverifiable=0, age_seconds=0.0, ended_at=NOW),),
    checks=(Check("lag", ok=True, detail=""),),
    change_log=ChangeLogStatus(size_bytes=4_096, consumers=(consumer(),)),
)


def page() -> str:
    """Return the page: what people wrote up to a mark, and the tables behind it."""
    written, _, _ = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return written + BEGIN + "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    for family in parse(metrics.render(FULL, LABELS).decode()):
        if not family.name.startswith("backbeat_"):
            continue  # the process collector's, which the library documents
        if family.name in BEGINS:
            yield f"\n### {BEGINS[family.name]}\n\n{COLUMNS}"
        name = f"{family.name}_total" if family.type == "counter" else family.name
        yield f"| `{name}` | {family.type} | {_labels(family)} | {family.documentation} |"


def _labels(family: Metric) -> str:
    """Return the labels, each with its values where the program knows them all."""
    values: dict[str, dict[str, None]] = {}
    for sample in family.samples:
        for label, value in sample.labels.items():
            values.setdefault(label, {})[value] = None
    return "; ".join(
        f"`{label}`" if label in OPEN else f"`{label}`: {', '.join(f'`{value}`' for value in known)}"
        for label, known in values.items()
        if label != "le"
    )


if __name__ == "__main__":
    Path(PAGE).write_text(page(), encoding="utf-8")
