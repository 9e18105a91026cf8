"""Why the service can't start or go on, for whoever set it up."""

from intents.errors import ExpectedError


class StartError(ExpectedError):
    """The service can't run as it is set up; the text says in one line what to change."""
