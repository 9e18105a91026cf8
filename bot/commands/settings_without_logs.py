"""The settings of a command that runs once and writes its own output."""

from bot.observe import configure_logging
from bot.settings import Settings, load_settings


def settings_without_logs() -> Settings:
    """Load the settings and log nothing below ERROR; raises SettingsError.

    A command that logs nothing at all calls load_settings and doesn't wait for the logging library.
    """
    settings = load_settings()
    configure_logging(settings.log_format, "ERROR")
    return settings
