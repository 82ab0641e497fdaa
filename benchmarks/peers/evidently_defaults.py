"""Says what Evidently's defaults find in windows, CSV files of a folder; run by a Python that has it.

Prints, as JSON by kind of window, the shares of windows with any drifted column and with a drifted dataset.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

import pandas as pd


def main() -> None:
    from evidently import Report  # type: ignore[import-not-found]
    from evidently.presets import DataDriftPreset  # type: ignore[import-not-found]

    folder = Path(sys.argv[1])
    reference = pd.read_csv(folder / "reference.csv")
    found = defaultdict(list)
    for file in sorted(folder.glob("*/*.csv")):
        snapshot = Report([DataDriftPreset()]).run(pd.read_csv(file), reference).dict()
        (drifted,) = [each["value"] for each in snapshot["metrics"] if "DriftedColumns" in str(each)][:1]
        found[file.parent.name].append((drifted["count"] > 0, drifted["share"] >= 0.5))
    print(json.dumps({kind: pd.DataFrame(rows).mean().tolist() for kind, rows in found.items()}))


if __name__ == "__main__":
    main()
