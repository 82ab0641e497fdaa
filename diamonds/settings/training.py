"""How models are trained and promoted, how many versions are kept, and where trainings run."""

from typing import Literal

from pydantic import BaseModel, Field, SecretStr

from diamonds.settings.values import Count, Text


class TrainingSettings(BaseModel):
    """How models are trained and promoted, how many versions are kept, and where trainings run."""

    trials: Count = Field(default=4, description="Number of Optuna trials when a model is tuned.")
    seed: int = Field(default=0, ge=0, le=2**32 - 1, description="Random seed of training.")
    coverage: float = Field(
        default=0.9, gt=0.5, lt=1, description="Share of true prices that lie within the quoted intervals."
    )
    extrapolate_grades: bool = Field(
        default=False,
        description="Quote a stone of a grade that the model has not learned as one of the nearest learned "
        "grade, with a warning; otherwise it is refused.",
    )
    slowest_quote_ms: float | None = Field(
        default=None,
        gt=0,
        le=10**6,
        description="Maximum time that a version may take for one quote to be promoted, in ms; unset: any.",
    )
    keep_versions: Count = Field(
        default=20,
        description="Number of newest versions of each model, and of datasets, to retain; never deleted are "
        "champions, and what versions were trained on.",
    )
    train_on_sales: bool = Field(
        default=False,
        description="Trainings on `DIAMONDS_DATA` also learn from the sales of quoted stones (feedback), and "
        "more from recent sales than from old ones.",
    )
    sales_half_life_days: float = Field(
        default=90.0,
        gt=0,
        le=10**6,
        description="Age at which a sale counts half as much in such a training, in days; see "
        "`DIAMONDS_TRAIN_ON_SALES`.",
    )
    adapt_intervals: bool = Field(
        default=False,
        description="Quote intervals as much wider or narrower than the champion's own as recent sales say; "
        "each report of the monitoring renews it.",
    )
    monitor_window_hours: float = Field(
        default=24.0,
        ge=0.001,
        le=24 * 366,
        description="Length of the windows of the record that the monitoring looks at, in hours.",
    )
    retrain_cooldown_hours: float = Field(
        default=24.0,
        ge=0,
        le=24 * 366,
        description="Minimum time between two trainings that alarms of the monitoring start, in hours.",
    )
    work_pool: str = Field(
        default="diamonds",
        pattern="^[A-Za-z0-9._-]+$",
        description="Prefect's work pool for trainings and maintenance; made where there is none.",
    )
    work_pool_type: Literal["process", "docker", "kubernetes"] = Field(
        default="process", description="Type of the work pool, where it is made: how its workers start runs."
    )
    image: Text = Field(
        default="diamonds:latest", description="Image of the project, for runs in Docker and Kubernetes."
    )
    dask_scheduler: str | None = Field(
        default=None,
        pattern="^(tcp|tls|ws|wss|ucx)://.",
        description="Address of a Dask scheduler, such as tcp://10.0.0.5:8786, on whose workers models are "
        "trained, by runs of Prefect and by `diamonds train`; unset: in processes of the machine itself.",
    )
    dask_rows: int = Field(
        default=5_000_000,
        ge=0,
        le=2**60,
        description="Number of stones to learn from above which XGBoost grows its trees on all workers of "
        "`DIAMONDS_DASK_SCHEDULER` at once.",
    )
    notify: SecretStr | None = Field(
        default=None,
        description="Where failed, late and missing trainings are reported: the URL of a webhook, or a "
        "notification block of Prefect as TYPE/NAME, such as slack-webhook/team. Unset: nowhere.",
    )
