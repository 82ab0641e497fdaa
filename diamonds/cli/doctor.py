"""``diamonds doctor``: checks on the spot whether it can run here, with one line for each finding."""

from dataclasses import asdict
from typing import Annotated

import typer

from diamonds.cli.errors import FAILED


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """Check whether everything can run on this machine; exit code 1 if something is wrong."""
    from diamonds.doctor import examine

    findings = []
    for finding in examine():
        findings.append(finding)
        if not as_json:
            typer.echo(f"{'ok   ' if finding.ok else 'WRONG'}  {finding.check:<10} {finding.message}")
    if as_json:
        from diamonds.cli.versions import print_json

        print_json({"findings": [asdict(finding) for finding in findings]})
    if not all(finding.ok for finding in findings):
        raise typer.Exit(FAILED)
