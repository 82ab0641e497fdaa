"""All routes of the API, resource by resource."""

from bento_service.endpoints import (
    comparison,
    datasets,
    exchanges,
    feedback,
    feedback_summary,
    grades,
    keys,
    model_files,
    models,
    monitor,
    promotions,
    quoting,
    readiness,
    similar,
    trainings,
    versions,
)

_RESOURCES = (
    quoting,  # POST /predict is first, for it is the busiest, and routes are compared in order
    similar,
    feedback,
    feedback_summary,
    grades,
    models,
    versions,
    promotions,
    comparison,
    model_files,
    datasets,
    trainings,
    exchanges,
    monitor,
    readiness,
    keys,
)

ROUTES = [route for resource in _RESOURCES for route in resource.router.routes]
