"""What the handlers call: every service is a trait of the extension, and so can be replaced by a class of one's own."""

from jupyterlab_tsml.services._base import Service
from jupyterlab_tsml.services._documents import DocumentService
from jupyterlab_tsml.services._places import PlaceService
from jupyterlab_tsml.services._runs import RunService
from jupyterlab_tsml.services._schedules import ScheduleService
from jupyterlab_tsml.services._studies import StudyService

__all__ = ["DocumentService", "PlaceService", "RunService", "ScheduleService", "Service", "StudyService"]
