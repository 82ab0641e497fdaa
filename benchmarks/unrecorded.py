"""The service without its recorder, for `benchmarks.recording` to compare with."""

from typing import Any

from bento_service.recorder import Recorder
from bento_service.service import DiamondService

service: Any = DiamondService
service.middlewares[:] = [each for each in service.middlewares if each[0] is not Recorder]
