"""``diamonds run``: everything at once, until Ctrl-C."""


def run() -> None:
    """Train if nothing is trained yet, then serve everything until Ctrl-C."""
    raise NotImplementedError
