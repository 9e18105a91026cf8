"""What faq.yaml may say: FAQ, Intent, Answer, Basis, Parameter."""

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]

PARAMETER_REFERENCE = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class Group(StrEnum):
    """The four shelves on which the intents stand."""

    CONSEQUENCES = "consequences"
    COLLECTION = "collection"
    NEGOTIATION = "negotiation"
    SUPPORT = "support"

    @property
    def heading(self) -> str:
        """What a person reads above the group's topics."""
        return _GROUP_TITLES[self]


_GROUP_TITLES = MappingProxyType(
    {
        Group.CONSEQUENCES: "逾期的后果",
        Group.COLLECTION: "催收与你的权利",
        Group.NEGOTIATION: "协商与解决",
        Group.SUPPORT: "求助与闲聊",
    }
)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Parameter(_Model):
    """A figure that changes: quoted in answers as {name}."""

    value: Text = Field(
        description="数值，按原样显示", examples=["3.00"], json_schema_extra={"type": ["string", "number"]}
    )
    unit: str = Field(default="", description="单位，紧跟在数值后面", examples=["%"])
    as_of: date = Field(description="这个数值在哪一天核对过", examples=["2025-05-20"])
    source: Text = Field(description="出处：谁公布的", examples=["全国银行间同业拆借中心"])

    @property
    def text(self) -> str:
        """Value and unit as they stand in a sentence."""
        return f"{self.value}{self.unit}"


class Basis(_Model):
    """What an answer rests on: a law with its article, or a rule with its document number."""

    law: Text | None = Field(default=None, description="法律或司法解释的名称，和 article 一起写", examples=["民法典"])
    article: Text | None = Field(default=None, description="条号，用汉字", examples=["第一千零三十二条"])
    rule: Text | None = Field(default=None, description="规章、标准、指引的名称，和 document 一起写")
    document: Text | None = Field(default=None, description="文号或发布日期", examples=["GB/T 45251—2025"])
    says: Text = Field(description="它说了什么，一句话")

    @model_validator(mode="after")
    def _law_or_rule(self) -> Self:
        is_law = self.law is not None and self.article is not None
        is_rule = self.rule is not None and self.document is not None
        extra = (self.rule or self.document) if is_law else (self.law or self.article)
        if is_law == is_rule or extra is not None:
            raise ValueError("basis_form")
        return self

    @property
    def citation(self) -> str:
        """The law or rule as it is named to a person."""
        if self.law is not None:
            return f"《{self.law}》{self.article}"
        name = self.rule or ""
        return f"{name if '《' in name else f'《{name}》'}（{self.document}）"


class Answer(_Model):
    """Guidance in three parts, short first: what can happen, what rights one has, what to do."""

    summary: Text = Field(description="两三句话，单独看也完整，最有用的放最前，不超过 120 字")
    consequences: tuple[Text, ...] | None = Field(
        default=None, min_length=1, description="后果：会发生什么、多大可能、什么时候"
    )
    rights: tuple[Text, ...] | None = Field(
        default=None, min_length=1, description="权利：对方可以做什么、不可以做什么，自己还欠什么"
    )
    steps: tuple[Text, ...] | None = Field(
        default=None, min_length=1, description="怎么做：一步一件事，今天能做的放最前"
    )
    script: Text | None = Field(default=None, description="话术：可以照着说、照着发的话")
    basis: tuple[Basis, ...] | None = Field(default=None, min_length=1, description="依据：法律和条号，或规定和文号")


class Intent(_Model):
    """One thing that people mean, the ways they ask it, and its answer."""

    id: Name = Field(description="编号：小写字母、数字和下划线，不重复", examples=["home_visit"])
    group: Group = Field(description="属于哪一组")
    title: Text = Field(description="标题，显示在按钮上", examples=["上门催收"])
    source: Text | None = Field(default=None, description="取自原文章的哪一节；没有就不写")
    questions: tuple[Text, ...] = Field(min_length=1, description="人们真的会打出来的问法")
    answer: Answer = Field(description="回答")
    related: tuple[Name, ...] = Field(default=(), description="接下来常问的话题编号，两到四个")
    owner: Text = Field(description="谁负责这条回答", examples=["内容组"])
    reviewed: date = Field(description="最后一次审核的日期", examples=["2026-11-23"])


class OutOfScope(_Model):
    """Near misses that must not be answered as if they were about being overdue."""

    questions: tuple[Text, ...] = Field(min_length=1, description="看着像、其实不归这里管的问法")


class FAQ(_Model):
    """All that the bot knows and says."""

    version: int = Field(ge=1, le=1, description="格式版本，现在是 1")
    parameters: Mapping[Name, Parameter] = Field(
        default_factory=lambda: MappingProxyType({}), description="会变的数字，各带日期和出处，回答里用 {名字} 引用"
    )
    lexicon: tuple[Annotated[tuple[Text, ...], Field(min_length=2)], ...] = Field(
        default=(), description="一行一组意思相同的词"
    )
    out_of_scope: OutOfScope | None = Field(default=None, description="不归这里管的问题")
    intents: tuple[Intent, ...] = Field(min_length=1, description="全部话题")

    @cached_property
    def by_id(self) -> Mapping[str, Intent]:
        """The intents by their id."""
        return MappingProxyType({intent.id: intent for intent in self.intents})

    def in_group(self, group: Group) -> tuple[Intent, ...]:
        """The intents of one group, in file order."""
        return tuple(intent for intent in self.intents if intent.group is group)

    def fill(self, text: str) -> str:
        """Text with every {name} replaced by the parameter's value and unit; KeyError if there is no such parameter."""
        return PARAMETER_REFERENCE.sub(lambda found: self.parameters[found[1]].text, text)
