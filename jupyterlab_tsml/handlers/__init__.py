"""One handler class a resource, and the table of routes."""

from jupyterlab_tsml.handlers._base import NAMESPACE, RESOURCE, TsmlHandler
from jupyterlab_tsml.handlers._routes import ROUTES, Route

__all__ = ["NAMESPACE", "RESOURCE", "ROUTES", "Route", "TsmlHandler"]
