"""What can be wrong with the file of a version."""


class BadVersionFile(ValueError):
    """The file is no version of ours, or not what was exported; the message says why."""
