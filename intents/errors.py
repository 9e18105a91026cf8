"""What all expected failures have in common."""


class ExpectedError(Exception):
    """A failure that people can mend."""

    @property
    def told(self) -> str:
        """What they are told, in Chinese, one reason a line."""
        return str(self)
