"""The dashboard and the alerts in deploy/: Prometheus takes them, each alert comes when it should, each metric is there."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

from bot.http.metrics import Metrics
from tests.requirements import require

DEPLOY = Path(__file__).parent.parent / "deploy"
ALERTS = DEPLOY / "prometheus/alerts.yaml"
TESTS = DEPLOY / "prometheus/alerts_test.yaml"
DASHBOARD = DEPLOY / "grafana/youshu.json"
_METRIC = re.compile(r"\b(?:youshu|process)_[a-z_]+")


def exported() -> set[str]:
    """The names of all samples that the service shows, once each thing has happened."""
    metrics = Metrics()
    named = {f"{family.name}{ending}" for family in metrics.registry.collect() for ending in _ENDINGS[family.type]}
    return named | {sample.name for family in metrics.registry.collect() for sample in family.samples}


_ENDINGS = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


def rules() -> list[dict[str, Any]]:  # Any: as YAML gives it
    """Every alert."""
    return [rule for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"] for rule in group["rules"]]


def queries() -> list[str]:
    """Every query of the dashboard."""
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


def promtool(*arguments: str) -> str:
    done = subprocess.run(
        [require("promtool"), *arguments], capture_output=True, text=True, cwd=ALERTS.parent, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_takes_the_rules_and_each_comes_when_it_should() -> None:
    assert "SUCCESS" in promtool("check", "rules", "--lint-fatal", ALERTS.name)
    assert "SUCCESS" in promtool("test", "rules", TESTS.name)


def test_every_rule_has_a_test_in_which_it_comes() -> None:
    tested = {
        case["alertname"]
        for test in yaml.safe_load(TESTS.read_text("utf-8"))["tests"]
        for case in test["alert_rule_test"]
        if case.get("exp_alerts")
    }
    assert tested == {rule["alert"] for rule in rules()}


def test_every_rule_says_what_happened_and_what_to_do() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["remedy"]


def test_every_metric_of_rules_and_dashboard_is_exported() -> None:
    named = {name for text in [*queries(), *(rule["expr"] for rule in rules())] for name in _METRIC.findall(text)}
    assert named - exported() == set()


def test_the_dashboard_shows_every_metric_of_ours() -> None:
    shown = {name for query in queries() for name in _METRIC.findall(query)}
    ours = {
        name for name in exported() if name.startswith("youshu_") and not name.endswith(("_created", "_sum", "_count"))
    }
    assert ours <= shown


def test_prometheus_can_read_the_queries_of_the_dashboard(tmp_path: Path) -> None:
    asked = [
        {"record": f"query:{number}", "expr": each.replace("$job", "youshu")} for number, each in enumerate(queries())
    ]
    path = tmp_path / "queries.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": asked}]}), encoding="utf-8")
    assert "SUCCESS" in promtool("check", "rules", str(path))


def test_prometheus_can_read_what_the_service_shows() -> None:
    body, _ = Metrics().render()
    done = subprocess.run([require("promtool"), "check", "metrics"], input=body, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
