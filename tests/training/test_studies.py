"""A study is continued only where the errors of its trials still hold."""

from dataclasses import replace

from optuna.trial import BaseTrial

from diamonds.models import Parameters, spec_named
from diamonds.training.fingerprint import code_fingerprint
from diamonds.training.studies import study_name


def test_a_study_is_named_after_its_model_data_seed_and_code() -> None:
    name = study_name(spec_named("xgboost"), "feed", 3)

    assert name.startswith(f"xgboost on feed, seed 3, code {code_fingerprint()[:12]}, space ")
    assert name == study_name(spec_named("xgboost"), "feed", 3)


def test_a_study_of_another_search_space_is_another_one() -> None:
    spec = spec_named("xgboost")

    def more(trial: BaseTrial) -> Parameters:
        assert spec.search is not None
        return {**spec.search(trial), "new": trial.suggest_float("new", 0, 1)}

    assert study_name(replace(spec, search=more), "feed", 3) != study_name(spec, "feed", 3)
