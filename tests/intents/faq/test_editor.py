"""faq.schema.json helps while typing: tried with the language server that editors use, and with their settings."""

import json
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest
import yaml

from intents.faq.json_schema import faq_schema, schema_text
from intents.faq.schema import MODELS, Group
from intents.load import check_text
from tests.language_server import LanguageServer, language_server
from tests.mistakes import GOOD, LIMITS, TODAY, Mistake
from tests.requirements import require

ROOT = Path(__file__).parents[3]


@dataclass
class Editor:
    """A folder that is open in an editor."""

    server: LanguageServer
    folder: Path
    opened: int = 0

    @property
    def path(self) -> Path:
        """The file that was opened last."""
        return self.folder / f"faq{self.opened}.yaml"

    async def open(self, text: str) -> list[tuple[int, str]]:
        """The lines and texts of what the editor underlines in a new file with this text."""
        self.opened += 1
        found = await self.server.open(self.path, text)
        return [(item["range"]["start"]["line"] + 1, str(item["message"])) for item in found]


@pytest.fixture
async def editor(tmp_path: Path) -> AsyncIterator[Editor]:
    shutil.copy(ROOT / "faq.schema.json", tmp_path)
    settings = json.loads((ROOT / ".vscode" / "settings.json").read_text("utf-8"))
    yaml_settings = {key.removeprefix("yaml."): value for key, value in settings.items() if key.startswith("yaml.")}
    yaml_settings["schemas"] = {}  # the first line of the file names its schema, in any editor
    async with language_server(require("yaml-language-server"), tmp_path, {"yaml": yaml_settings}) as server:
        yield Editor(server, tmp_path)


MODELINE = "# yaml-language-server: $schema=faq.schema.json\n"


async def test_good_files_have_nothing_underlined(editor: Editor) -> None:
    assert await editor.open(MODELINE + GOOD) == []
    assert await editor.open((ROOT / "faq.yaml").read_text("utf-8")) == []


UNDERLINED = (
    "a key misspelt",
    "a key left out",
    "a group that doesn't exist",
    "an id with a capital",
    "a text where a list belongs",
    "half of a basis",
    "a key with nothing",
    "a tab in place of the indent",
    "a full-width colon",
    "an opening quote only",
)


async def test_mistakes_are_underlined_while_typing(editor: Editor) -> None:
    texts = {mistake.name: MODELINE + mistake.broken(GOOD)[0] for mistake in Mistake.all()}
    missed = [name for name in UNDERLINED if not await editor.open(texts[name])]
    assert missed == []


async def test_a_wrong_id_is_explained_in_chinese(editor: Editor) -> None:
    found = await editor.open(MODELINE + GOOD.replace("id: thanks_talk", "id: Thanks-Talk"))
    assert [message for _, message in found] == ["编号只能用小写字母、数字和下划线，字母开头"]


async def test_keys_are_completed_with_a_chinese_explanation(editor: Editor) -> None:
    text = MODELINE + GOOD.replace("      script: 请现在离开，有事请电话联系我。\n", "      \n")
    await editor.open(text)
    line = text.splitlines().index("      ")
    offered = {item["label"]: item for item in await editor.server.complete(editor.path, line, 6)}
    assert "script" in offered
    assert "summary" not in offered
    assert "可以照着说" in json.dumps(offered["script"], ensure_ascii=False)


async def test_the_groups_are_completed(editor: Editor) -> None:
    text = MODELINE + GOOD.replace("    group: support", "    group: ")
    await editor.open(text)
    line = text.splitlines().index("    group: ")
    offered = {item["label"] for item in await editor.server.complete(editor.path, line, 11)}
    assert {group.value for group in Group} <= offered


async def test_hovering_over_a_key_explains_it(editor: Editor) -> None:
    text = MODELINE + GOOD
    await editor.open(text)
    line = next(number for number, content in enumerate(text.splitlines()) if "rights:" in content)
    assert "对方可以做什么" in await editor.server.hover(editor.path, line, 8)


def test_the_schema_file_is_the_generated_one() -> None:
    assert (ROOT / "faq.schema.json").read_text("utf-8") == schema_text(), "youshu schema > faq.schema.json"


def test_the_first_line_of_the_shipped_file_names_the_schema() -> None:
    assert (ROOT / "faq.yaml").read_text("utf-8").startswith(MODELINE)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model.__name__))
def test_every_field_has_a_chinese_title_a_description_and_an_example(model: type) -> None:
    schema = faq_schema()
    properties = (schema if model.__name__ == "FAQ" else schema["$defs"][model.__name__])["properties"]
    for name, field in properties.items():
        assert re.search("[\u4e00-\u9fff]", field["title"]), name
        assert re.search("[\u4e00-\u9fff]", field["description"]), name
        assert field.get("examples") or "$ref" in {**field, **field.get("items", {})}, name


def test_every_example_in_the_schema_is_valid() -> None:
    schema = faq_schema()
    for definition in [schema, *schema["$defs"].values()]:
        for field in definition.get("properties", {}).values():
            for example in field.get("examples", ()):
                jsonschema.validate(example, {**field, "$defs": schema["$defs"]})


def test_the_shipped_file_satisfies_the_schema() -> None:
    value = yaml.load((ROOT / "faq.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  # makes only strings
    for parameter in value["parameters"].values():
        parameter.update({key: int(days) for key, days in parameter.items() if key == "recheck_days"})
    jsonschema.validate({**value, "version": int(value["version"])}, faq_schema())


@pytest.fixture(scope="module")
def task() -> dict[str, object]:
    tasks = json.loads((ROOT / ".vscode" / "tasks.json").read_text("utf-8"))["tasks"]
    checking: dict[str, object] = next(task for task in tasks if task["args"][0] == "check")
    return checking


def test_the_task_reads_every_line_of_check(task: dict[str, dict[str, dict[str, str]]]) -> None:
    pattern = re.compile(task["problemMatcher"]["pattern"]["regexp"])
    for mistake in Mistake.all():
        text, line, column = mistake.broken(GOOD)
        for problem in check_text(text, today=TODAY, limits=LIMITS).problems:
            found = pattern.match(problem.line_for("faq.yaml"))
            assert found is not None
            assert found.groups()[:5] == ("faq.yaml", str(line), str(column), problem.severity, mistake.code)
