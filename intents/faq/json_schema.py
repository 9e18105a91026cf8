"""The JSON Schema of faq.yaml, for editors: completion, hover and diagnostics in the operators' language."""

import json
from typing import Any

from intents.faq.schema import FAQ, Group

# Any: a JSON Schema is nested data of no fixed shape.
Schema = dict[str, Any]

_SNIPPET: Schema = {
    "label": "新话题",
    "description": "插入一个新话题的骨架",
    "body": {
        "id": "${1:home_visit}",
        "group": "${2|" + ",".join(Group) + "|}",
        "title": "${3:标题}",
        "answer": {
            "summary": "${4:两三句话，单独看也完整。}",
            "consequences": ["${5:会发生什么。}", "${6:不会发生什么。}"],
            "rights": ["${7:对方不可以做什么。}", "${8:自己还欠什么。}"],
            "steps": ["${9:今天先做什么。}", "${10:然后做什么。}"],
            "basis": [{"law": "${11:民法典}", "article": "${12:第一条}", "says": "${13:它说了什么}"}],
        },
        "related": ["${14:complaint_channels}"],
        "owner": "${15:内容组}",
        "reviewed": "${16:2026-11-23}",
        "questions": ["${17:人们真的会打出来的问法}"],
    },
}


def faq_schema() -> Schema:
    """The schema that pydantic generates, with what editors show made Chinese."""
    schema = FAQ.model_json_schema()
    definitions: Schema = schema["$defs"]
    for name, definition in definitions.items():
        _polish(definition, name)
    _polish(schema, "faq.yaml")
    for owner in ("Intent", "OutOfScope"):
        # They may stand in questions/ beside the file, which an editor doesn't see.
        definitions[owner]["required"] = [key for key in definitions[owner]["required"] if key != "questions"]
    group = definitions["Group"]
    group["enumDescriptions"] = [member.heading for member in Group]
    group["description"] = "、".join(f"{member.value} {member.heading}" for member in Group)
    identifier = definitions["Intent"]["properties"]["id"]
    identifier["patternErrorMessage"] = "编号只能用小写字母、数字和下划线，字母开头"
    schema["properties"]["intents"]["items"]["defaultSnippets"] = [_SNIPPET]
    definitions["Basis"]["oneOf"] = [
        {"required": ["law", "article"], "not": {"anyOf": [{"required": ["rule"]}, {"required": ["document"]}]}},
        {"required": ["rule", "document"], "not": {"anyOf": [{"required": ["law"]}, {"required": ["article"]}]}},
    ]
    return {"$schema": "http://json-schema.org/draft-07/schema#", **schema}


def schema_text() -> str:
    """The schema as faq.schema.json holds it."""
    return json.dumps(faq_schema(), ensure_ascii=False, indent=2) + "\n"


_TITLES = {
    "Answer": "回答",
    "Basis": "依据",
    "Group": "分组",
    "Intent": "话题",
    "OutOfScope": "范围之外",
    "Parameter": "参数",
    "faq.yaml": "faq.yaml",
}


def _polish(definition: Schema, name: str) -> None:
    """Chinese for the model, and no null: an empty value is a mistake in the file."""
    definition["title"] = _TITLES[name]
    definition.pop("description", None)
    for field in definition.get("properties", {}).values():
        for branch in field.pop("anyOf", ()):
            if branch.get("type") != "null":
                field.update(branch)
        if field.get("default", "") is None:
            del field["default"]
