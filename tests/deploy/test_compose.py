"""compose.yaml against the Compose Specification's own schema, and what its parts say of each other.

tests/schemas/compose-spec.json is schema/compose-spec.json of github.com/compose-spec/compose-spec (Apache-2.0), commit 170098ba.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, ValidationError

from bot.settings import load_settings
from tests.nginx import SHIPPED

ROOT = Path(__file__).parent.parent.parent
SCALE = "scale"
JSON = dict[str, Any]


@pytest.fixture(scope="module")
def compose() -> JSON:
    return dict(yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8")))


@pytest.fixture(scope="module")
def schema() -> Draft7Validator:
    return Draft7Validator(json.loads((ROOT / "tests" / "schemas" / "compose-spec.json").read_text("utf-8")))


def replicas(compose: JSON) -> dict[str, JSON]:
    return {name: service for name, service in compose["services"].items() if name.startswith("youshu-")}


def test_it_is_what_the_specification_allows(compose: JSON, schema: Draft7Validator) -> None:
    schema.validate(compose)


def test_a_misspelt_key_would_be_found(compose: JSON, schema: Draft7Validator) -> None:
    nginx = {**compose["services"]["nginx"], "depend_on": ["youshu-1"]}
    with pytest.raises(ValidationError, match="depend_on"):
        schema.validate({**compose, "services": {**compose["services"], "nginx": nginx}})


def test_without_the_profile_there_is_only_the_one_process(compose: JSON) -> None:
    assert [name for name, service in compose["services"].items() if SCALE not in service.get("profiles", ())] == [
        "youshu"
    ]


def test_nginx_knows_every_process_of_the_profile_and_waits_for_it(compose: JSON) -> None:
    names = re.findall(r"server (youshu-\d+):8080", SHIPPED.read_text("utf-8"))
    assert sorted(set(names)) == sorted(replicas(compose)) == sorted(compose["services"]["nginx"]["depends_on"])
    [mounted] = [each for each in compose["services"]["nginx"]["volumes"] if "conf.d" in each]
    assert ROOT / mounted.partition(":")[0] == SHIPPED


def test_the_processes_share_what_their_settings_ask_for(compose: JSON, monkeypatch: pytest.MonkeyPatch) -> None:
    for service in replicas(compose).values():
        for name, value in service["environment"].items():
            monkeypatch.setenv(name, re.sub(r"\$\{.*?\}", "secret", value))
        settings = load_settings()
        assert settings.several
        assert settings.replicas == len(replicas(compose))
        for url in (settings.database_url, settings.redis_url):
            assert url is not None
            [host] = re.findall(r"(?:@|//)([a-z]+)[:/]", url.get_secret_value().replace("youshu:secret@", ""))
            assert host in service["depends_on"]


def test_nothing_of_ours_runs_with_more_than_it_needs(compose: JSON) -> None:
    for service in [compose["services"]["youshu"], *replicas(compose).values()]:
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
