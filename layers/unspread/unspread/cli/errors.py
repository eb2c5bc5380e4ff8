"""What every command's own errors are."""


class CommandError(Exception):
    """A command that could not be done. The message says why, and what to change."""
