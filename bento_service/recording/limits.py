"""What one worker does at once, and for how long: the limits that each request passes."""

from bento_service.recording.deadlines import RequestsInFlight
from bento_service.recording.request_body import RequestBodies, too_many_requests
from bento_service.recording.shared_answers import SharedAnswers
from diamonds.settings import Settings


class Limits:
    """The requests of a worker by what they wait for: their body, an answer, or another's answer."""

    def __init__(self, settings: Settings) -> None:
        self.bodies = RequestBodies(settings)
        self.in_flight = RequestsInFlight(settings.request_timeout_seconds)
        self.shared_answers = SharedAnswers(settings.request_timeout_seconds)
        self._max_concurrency = settings.max_concurrency

    def check_concurrency(self) -> None:
        """Raises the 429 where as many requests are in flight as may be."""
        if len(self.in_flight) >= self._max_concurrency:
            raise too_many_requests()
