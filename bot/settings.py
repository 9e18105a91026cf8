"""Settings from the environment or .env, checked all at once before anything starts."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.observe import configure_logging

PREFIX = "YOUSHU_"


class SettingsError(Exception):
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
    telegram_token: SecretStr | None = Field(default=None, description="from BotFather; empty: no Telegram")
    telegram_base_url: str = Field(
        default="https://api.telegram.org/bot", description="a Bot API server of one's own, up to and with /bot"
    )
    log_format: Literal["console", "json"] = Field(default="console", description="console or json")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="least level that is logged"
    )
    retention_days: int = Field(default=30, ge=1, le=365, description="days after which what is kept is deleted")

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
        lines = [f"{PREFIX}{'_'.join(map(str, item['loc'])).upper()}：{item['msg']}" for item in error.errors()]
        raise SettingsError("\n".join(lines)) from None


def quiet_settings() -> Settings:
    """The settings for a one-shot command, with only errors logged."""
    settings = load_settings()
    configure_logging(settings.log_format, "ERROR")
    return settings
