"""What a command needs that runs once and writes its own output."""

from bot.observe import configure_logging
from bot.settings import Settings, load_settings


def quiet_settings() -> Settings:
    """The settings, with only errors logged; a command that logs nothing needn't wait for the logging library."""
    settings = load_settings()
    configure_logging(settings.log_format, "ERROR")
    return settings
