"""Settings from the environment or .env, checked all at once before anything starts."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.messages import ChatIdentity
from intents.errors import ExpectedError

PREFIX = "YOUSHU_"


class SettingsError(ExpectedError):
    """One or more settings are wrong; the text names each, one a line."""


class Settings(BaseSettings):
    """Every setting of the service; `.env.example` lists the same."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    faq: Path = Field(default=Path("faq.yaml"), description="path of the FAQ")
    database_url: SecretStr = Field(
        default=SecretStr("sqlite+aiosqlite:///youshu.db"), description="where talks are kept; may hold a password"
    )
    host: str = Field(default="127.0.0.1", description="address that the web server listens on")
    port: int = Field(default=8080, ge=1, le=65535, description="port that the web server listens on")
    public_url: str = Field(
        default="",
        pattern=r"^(https?://[^/\s]+/?)?$",
        description="the address that people open, if a proxy stands before us",
    )
    telegram_token: SecretStr | None = Field(default=None, description="from BotFather; empty: no Telegram")
    telegram_base_url: str = Field(
        default="https://api.telegram.org/bot", description="a Bot API server of one's own, up to and with /bot"
    )
    telegram_webhook_url: str = Field(
        default="", description="the public address of /telegram on this server; empty: polling"
    )
    telegram_webhook_secret: SecretStr | None = Field(
        default=None, validate_default=True, description="needed with a webhook"
    )
    telegram_take_over: bool = Field(default=False, description="poll although a webhook is set, and remove it")
    admins: Annotated[frozenset[ChatIdentity], NoDecode] = Field(
        default=frozenset(), description="operators, as channel:user-id, separated by commas"
    )
    log_format: Literal["console", "json"] = Field(default="console", description="console or json")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="least level that is logged"
    )
    retention_days: int = Field(default=30, ge=1, le=365, description="days after which what is kept is deleted")

    @property
    def public_hosts(self) -> tuple[str, ...]:
        """The host names under which people and vendors call the server, as far as they are set."""
        urls = (self.public_url, self.telegram_webhook_url)
        return tuple(host for url in urls if (host := urlsplit(url).hostname))

    @field_validator("admins", mode="before")
    @classmethod
    def _people(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        named = [tuple(each.strip().partition(":")) for each in value.split(",") if each.strip()]
        if any(not channel or not user for channel, _, user in named):
            raise ValueError("请写成 渠道:用户编号，多个用英文逗号隔开，例如 telegram:123456")
        return frozenset(ChatIdentity(channel, user) for channel, _, user in named)

    @field_validator("telegram_token")
    @classmethod
    def _from_botfather(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]+", value.get_secret_value()):
            raise ValueError("不像 BotFather 给的令牌，应当是“数字:字母数字”，前后不能有空格和引号")
        return value

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _as_telegram_takes_it(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """What setWebhook takes as secret_token (https://core.telegram.org/bots/api#setwebhook)."""
        if value is None and info.data.get("telegram_webhook_url"):
            raise ValueError("设了 webhook 地址就必须同时设这一项，否则谁都能冒充 Telegram")
        if value is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value.get_secret_value()):
            raise ValueError("只能用字母、数字、下划线和连字符，1 到 256 个")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value


def load_settings(**overrides: object) -> Settings:
    """The settings; raises SettingsError that names all that is wrong and never shows a value."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks the types
    except ValidationError as error:
        lines = [f"{PREFIX}{'_'.join(map(str, item['loc'])).upper()}：{_told(item)}" for item in error.errors()]
        raise SettingsError("\n".join(lines)) from None


_TOLD: Mapping[str, str] = MappingProxyType(
    {
        "int_parsing": "请写一个整数",
        "bool_parsing": "请写 true 或 false",
        "greater_than_equal": "最小是 {ge}",
        "less_than_equal": "最大是 {le}",
        "literal_error": "只能写 {expected}",
        "string_pattern_mismatch": "请写成 https://主机名 这样，后面不带路径",  # public_url alone has a pattern
        "value_error": "{error}",
    }
)
"""What is wrong with a setting, by the kind of error (https://docs.pydantic.dev/latest/errors/validation_errors/)."""


def _told(item: ErrorDetails) -> str:
    """The error in Chinese; of a rare kind, in pydantic's words."""
    told = _TOLD.get(item["type"], "{msg}").format(**item.get("ctx", {}), msg=item["msg"])
    return told.replace("' or '", "'、'").replace("', '", "'、'")
