"""Divides the suite among the processes of pytest-xdist: groups that share slow fixtures, longest first."""

import pytest
from xdist.scheduler import LoadScopeScheduling

GROUPS = (
    "tests/dashboard/",
    "tests/cli/test_run.py",
    "tests/faults/test_faults.py",
    "tests/flows/",
    "tests/bento_service/endpoints/",
    "tests/end_to_end/test_from_a_notebook.py",
    "tests/end_to_end/",
    "tests/bento_service/http/",
    "tests/dataset/test_trade_files.py",
    "tests/models/",
    "tests/faults/test_hostile_requests.py",
    "tests/faults/test_own_service.py",
    "tests/faults/test_outage.py",
    "tests/training/test_tuning.py",
    "tests/training/test_reproduce.py",
    "tests/bento_service/recording/test_privacy.py",
    "tests/versions/test_shared.py",
    "tests/versions/test_networks.py",
    "tests/bento_service/test_bento.py",
    "tests/faults/test_failing_disk.py",
    "tests/faults/test_slow_clients.py",
    "tests/faults/test_soak.py",
    "tests/cli/test_app.py",
    "tests/dataset/test_damaged.py",
    "tests/database/test_database.py",
    "tests/training/test_following_the_market.py",
)
"""Folders whose modules share what takes long to start, and modules that take long; the longest first.

Every other module is a group of its own.
"""


class GroupScheduling(LoadScopeScheduling):
    """Gives each process one group after another.

    Marks and ``--dist=loadgroup`` would do the same, but pytest-xdist 3.8 ignores them with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(nodeid: str) -> str:
    """The start of the paths of the tests that run in the same process as this one."""
    return next((start for start in GROUPS if nodeid.startswith(start)), nodeid.partition("::")[0])


def rank_of(item: pytest.Item) -> int:
    """When the test's group begins: the lower, the earlier."""
    group = group_of(item.nodeid)
    return GROUPS.index(group) if group in GROUPS else len(GROUPS)
