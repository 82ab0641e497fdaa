"""Lets another machine train a model: it finds the dataset there, and the version comes back from there."""

from dataclasses import dataclass
from typing import Self

from diamonds.dataset import Dataset
from diamonds.sharing.files import StoreAway
from diamonds.training.fingerprint import machine_fingerprint
from diamonds.training.outcome import Result, Trained
from diamonds.versions import datasets, shared, store
from diamonds.versions.version import Version

_ADVICE = "all workers need one DIAMONDS_MODEL_STORE_URL, or the same BENTOML_HOME on a disk that they share."


class OtherSetup(RuntimeError):
    """A machine has other code or settings than the one that started the training."""


class NotShared(RuntimeError):
    """A machine cannot read what another one stored."""


@dataclass(frozen=True, slots=True)
class StoredDataset:
    """A stored dataset by its fingerprint, and the fingerprint of the machine that stored it.

    It is a few bytes, however many stones there are: each machine reads them from its own model store.
    """

    dataset: str
    machine: str

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        """What other machines need to train on a dataset that is stored here; raises ``StoreAway``."""
        if stored := datasets.find(dataset.fingerprint):
            share(stored)
        return cls(dataset.fingerprint, machine_fingerprint())

    def load(self) -> Dataset:
        """The stones, after taking over what other machines stored, such as the members of an ensemble.

        Raises ``OtherSetup`` where a training would come to another result than on the machine that started
        it, ``NotShared`` where the model store has no such stones, ``StoreAway`` and ``DamagedVersion``.
        """
        if machine_fingerprint() != self.machine:
            raise OtherSetup(
                "Got a worker with other code, libraries, market or coverage than the run that uses it; "
                "expected the same version of the project and the same DIAMONDS_* variables on each machine."
            )
        _take_over()
        try:
            return datasets.load(self.dataset)
        except datasets.UnknownDataset as error:
            raise NotShared(f"The worker does not have dataset {self.dataset}: {_ADVICE}") from error


def _take_over() -> None:
    if shared.is_shared():
        with store.locked():
            shared.synchronize()


@shared.decided_again
def share(version: Version) -> None:
    """Shares a version that was saved here, and waits for it; raises ``StoreAway``."""
    with store.promoting(version):  # it shares all that is new
        pass


def result_here(trained: Trained) -> Result:
    """What was trained on any machine, with its version in the model store here.

    ``NotShared`` where it is in another one, and ``StoreAway`` where the shared one does not answer.
    """
    try:
        _take_over()
        return Trained(store.get(trained.version.tag), trained.is_new)
    except store.UnknownVersion:
        return NotShared(f"{trained.version.tag} was trained and is not here: {_ADVICE}")
    except StoreAway as error:
        return error
