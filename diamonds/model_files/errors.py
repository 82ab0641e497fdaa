"""The error of an invalid version file."""


class BadVersionFile(ValueError):
    """The file is no exported version of a known model, or was changed; the message has the reason."""
