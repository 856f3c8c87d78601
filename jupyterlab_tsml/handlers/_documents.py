"""The document: what the form is drawn from, whether it is right, and a picture of its folds."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from dsframework.records import DataPreview, FoldPicture
from jupyterlab_tsml.handlers._base import RESOURCE, TsmlHandler
from jupyterlab_tsml.operations import operation
from jupyterlab_tsml.wire import FoldsRequest, PreviewQuery, SchemaReply, ValidateReply, ValidateRequest
from jupyterlab_tsml.workers import Lane

__all__ = ["FoldsHandler", "PreviewHandler", "SchemaHandler", "ValidateHandler"]


class SchemaHandler(TsmlHandler):
    """What the form is drawn from."""

    @operation("The JSON Schema of a document, the components of every stage, and a document to start with", reply=SchemaReply)
    @web.authenticated
    @authorized("read", resource=RESOURCE)
    async def get(self) -> None:
        """Give the schema."""
        self.reply(await self.call(self.app.documents.describe))


class ValidateHandler(TsmlHandler):
    """Whether a document is right."""

    @operation("Check a document; a wrong one is a 200 with its mistakes", body=ValidateRequest, reply=ValidateReply, errors=(404, 422))
    @web.authenticated
    @authorized("read", resource=RESOURCE)
    async def post(self) -> None:
        """Give the mistakes, or the canonical forms."""
        request = self.read_body(ValidateRequest)
        self.reply(await self.call(self.app.documents.validate, request))


class FoldsHandler(TsmlHandler):
    """The folds of a document."""

    lane = Lane.DATA

    @operation("The folds and the final test as stretches of time", body=FoldsRequest, reply=FoldPicture, errors=(404, 422))
    @web.authenticated
    @authorized("read", resource=RESOURCE)
    async def post(self) -> None:
        """Give the picture."""
        request = self.read_body(FoldsRequest)
        self.reply(await self.call(self.app.documents.folds, request))


class PreviewHandler(TsmlHandler):
    """A first look at a data file."""

    lane = Lane.DATA

    @operation("Columns, span, entities, gaps and first rows of a file", query=PreviewQuery, reply=DataPreview, errors=(404, 422))
    @web.authenticated
    @authorized("read", resource=RESOURCE)
    async def get(self) -> None:
        """Give the preview."""
        query = self.read_query(PreviewQuery)
        self.reply(await self.call(self.app.documents.preview, query))
