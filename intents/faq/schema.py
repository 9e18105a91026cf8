"""What faq.yaml may say: FAQ, Intent, Answer, Basis, Parameter."""

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]

OUT_OF_SCOPE = "out_of_scope"
"""Stands in for an intent's id where none should answer; the key of the file where such questions are listed."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _written_day(value: object) -> object:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("day_form")
    return value


Day = Annotated[date, BeforeValidator(_written_day)]

PARAMETER_REFERENCE = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class Group(StrEnum):
    """The four groups of intents."""

    CONSEQUENCES = "consequences"
    COLLECTION = "collection"
    NEGOTIATION = "negotiation"
    SUPPORT = "support"

    @property
    def heading(self) -> str:
        """The group's title, as people read it."""
        return _GROUP_TITLES[self]


_GROUP_TITLES = MappingProxyType(
    {
        Group.CONSEQUENCES: "逾期的后果",
        Group.COLLECTION: "催收与您的权利",
        Group.NEGOTIATION: "协商与解决",
        Group.SUPPORT: "求助与闲聊",
    }
)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Parameter(_Model):
    """A figure that changes: quoted in answers as {name}."""

    value: Text = Field(
        title="数值",
        description="数值，按原样显示；号码和 0 开头的数字要加引号",
        examples=["3.00", "12378", "五万元"],
        json_schema_extra={"type": ["string", "number"]},
    )
    unit: str = Field(default="", title="单位", description="单位，紧跟在数值后面", examples=["%"])
    as_of: Day = Field(title="日期", description="这个数值从哪一天起是这样，或在哪一天核对过", examples=["2025-05-20"])
    source: Text = Field(title="出处", description="谁公布的，在哪份文件里", examples=["全国银行间同业拆借中心"])
    recheck_days: int | None = Field(
        default=None,
        ge=1,
        title="复核天数",
        description="会自己变的数值（利率、热线）每多少天要重新核对；法条里的数字不写",
        examples=[400],
    )

    @property
    def text(self) -> str:
        """Value and unit as they stand in a sentence."""
        return f"{self.value}{self.unit}"


class Basis(_Model):
    """What an answer rests on: a law with its article, or a rule with its document number."""

    law: Text | None = Field(
        default=None,
        title="法律",
        description="法律或司法解释的名称，不加书名号，和 article 一起写",
        examples=["民法典"],
    )
    article: Text | None = Field(
        default=None, title="条号", description="条号，用汉字，几条之间用顿号", examples=["第一千零三十二条"]
    )
    rule: Text | None = Field(
        default=None,
        title="规定",
        description="规章、标准、指引的名称，正式的标题加书名号，和 document 一起写",
        examples=["《银行业保险业消费投诉处理管理办法》"],
    )
    document: Text | None = Field(
        default=None,
        title="文号",
        description="文号、标准号或发布日期",
        examples=["银保监会令〔2020〕3号", "GB/T 45251—2025"],
    )
    says: Text = Field(
        title="内容", description="它说了什么，一句话", examples=["自然人享有隐私权，不得侵扰他人的私人生活安宁"]
    )

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
        # Without title marks, because a rule may have no title, such as what a court told the press.
        return f"{self.rule}（{self.document}）"


class Answer(_Model):
    """Guidance in three parts, short first: what can happen, what rights one has, what to do."""

    summary: Text = Field(
        title="简要回答",
        description="两三句话，单独看也完整，最有用的放最前，不超过 120 字",
        examples=["催收有可能上门，但来的人没有执法权，您不同意就不能进门。硬闯或赖着不走，打 {hotline_police}。"],
    )
    consequences: tuple[Text, ...] | None = Field(
        default=None,
        min_length=1,
        title="后果",
        description="会发生什么、多大可能、什么时候；二到六条",
        examples=[["法律没有规定逾期多久会上门，来不来看机构的做法。"]],
    )
    rights: tuple[Text, ...] | None = Field(
        default=None,
        min_length=1,
        title="权利",
        description="对方可以做什么、不可以做什么，自己还欠什么；二到六条",
        examples=[["不经您同意，任何催收人员不能进您的家。"]],
    )
    steps: tuple[Text, ...] | None = Field(
        default=None,
        min_length=1,
        title="怎么做",
        description="一步一件事，今天能做的放最前，不用写序号；二到六条",
        examples=[["开手机录像，隔着门问清姓名、公司、受谁委托。"]],
    )
    script: Text | None = Field(
        default=None,
        title="话术",
        description="可以照着说、照着发的话",
        examples=["我愿意和借款机构的官方客服沟通，请现在离开。"],
    )
    basis: tuple[Basis, ...] | None = Field(
        default=None,
        min_length=1,
        title="依据",
        description="法律和条号，或规定和文号",
        examples=[[{"law": "民法典", "article": "第一千零三十二条", "says": "自然人享有隐私权"}]],
    )


class Intent(_Model):
    """One thing that people mean, the ways they ask it, and its answer."""

    id: Name = Field(title="编号", description="小写字母、数字和下划线，不重复", examples=["home_visit"])
    group: Group = Field(title="分组", description="属于哪一组", examples=["collection"])
    title: Text = Field(title="标题", description="显示在按钮上，越短越好", examples=["上门催收"])
    source: Text | None = Field(
        default=None, title="来源", description="取自原文章的哪一节；没有就不写", examples=["上门的可能性"]
    )
    questions: tuple[Text, ...] = Field(
        min_length=1,
        title="问法",
        description="人们真的会打出来的问法，一行一条；也可以写在 questions/编号.txt 里",
        examples=[["催收真的会上门吗"]],
    )
    answer: Answer = Field(title="回答", description="简要回答、后果、权利、怎么做、话术、依据")
    related: tuple[Name, ...] = Field(
        default=(), title="相关", description="接下来常问的话题编号，二到四个", examples=[["complaint_channels"]]
    )
    owner: Text = Field(title="负责人", description="谁负责这条回答", examples=["内容组"])
    reviewed: Day = Field(title="审核日期", description="最后一次审核的日期", examples=["2026-11-23"])


class OutOfScope(_Model):
    """Near misses that must not be answered as if they were about being overdue."""

    questions: tuple[Text, ...] = Field(
        min_length=1,
        title="问法",
        description="看着像、其实不归这里管的问法；也可以写在 questions/out_of_scope.txt 里",
        examples=[["花呗怎么开通"]],
    )


class FAQ(_Model):
    """All that the bot knows and says."""

    version: int = Field(ge=1, le=1, title="格式版本", description="现在是 1", examples=[1])
    parameters: Mapping[Name, Parameter] = Field(
        default_factory=lambda: MappingProxyType({}),
        title="参数",
        description="会变的数字，各带日期和出处，回答里用 {名字} 引用",
        examples=[
            {"lpr_1y": {"value": "3.00", "unit": "%", "as_of": "2025-05-20", "source": "全国银行间同业拆借中心"}}
        ],
    )
    lexicon: tuple[Annotated[tuple[Text, ...], Field(min_length=2)], ...] = Field(
        default=(), title="近义词", description="一行一组意思相同的词", examples=[[["催收", "追债", "讨债"]]]
    )
    allowed_wording: tuple[Text, ...] = Field(
        default=(),
        title="放行的句子",
        description="带“一定会”“随时可以”这类字眼、但有人看过没问题的句子，整句照抄",
        examples=[["您随时可以撤回同意。"]],
    )
    out_of_scope: OutOfScope | None = Field(default=None, title="范围之外", description="不归这里管的问题")
    intents: tuple[Intent, ...] = Field(min_length=1, title="话题", description="全部话题，一条一个")

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


MODELS: tuple[type[BaseModel], ...] = (FAQ, Parameter, OutOfScope, Intent, Answer, Basis)
"""Every kind of mapping in the file."""

ALL_KEYS = frozenset(key for model in MODELS for key in model.model_fields)
"""Every key that the file can hold, at whatever place."""
