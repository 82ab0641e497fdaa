"""The command line of a benchmark: its module's docstring is the help."""

import argparse


def parser_for(docstring: str | None) -> argparse.ArgumentParser:
    """A parser that prints the docstring as it is written."""
    return argparse.ArgumentParser(
        description=docstring, formatter_class=argparse.RawDescriptionHelpFormatter
    )
