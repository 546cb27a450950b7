"""Errors of the API: one line of text and a code, always in the same JSON form."""

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from stylemapgan.errors import (
    EditError,
    ImageError,
    MissingExtraError,
    StorageError,
    StyleMapGANError,
)

logger = logging.getLogger(__name__)

CODES: dict[type[StyleMapGANError], str] = {
    ImageError: "unfit_picture",
    EditError: "unfit_edit",
    MissingExtraError: "missing_extra",
}
"""API codes of the package's own errors; all others get `refused`."""
RETRY = {"Retry-After": "1"}
"""Header that asks clients to try again after this many seconds."""


class ApiError(HTTPException):
    """A failed request: HTTP status, code for programs, message for people."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        message: str,
        *,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Describe what is wrong.

        Args:
            status: HTTP status.
            code: Word that programs can compare.
            message: One line for people.
            headers: Further response headers, such as Retry-After.
        """
        super().__init__(status, message, headers)
        self.code = code

    @property
    def message(self) -> str:
        """One line for people."""
        return self.detail


def not_found(what: str, name: str) -> ApiError:
    """Report a name that does not exist."""
    message = f"This server has no {what} {name!r}."
    return ApiError(HTTPStatus.NOT_FOUND, f"unknown_{what}", message)


def expired(what: str, name: str, minutes: float) -> ApiError:
    """Report the id of a photo or stylemap that is not stored (any more)."""
    return ApiError(
        HTTPStatus.NOT_FOUND,
        f"unknown_{what}",
        f"This server has no {what} {name!r}. Photos and stylemaps expire after {minutes:g} "
        "minutes without use; upload again.",
    )


def invalid(code: str, message: str) -> ApiError:
    """Report well-formed values that cannot be used (status 422)."""
    return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, code, message)


def unsupported_type(message: str) -> ApiError:
    """Report a Content-Type that the server does not accept (status 415)."""
    return ApiError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unknown_kind", message)


def busy(message: str) -> ApiError:
    """Report that a limit on simultaneous work is reached."""
    return ApiError(HTTPStatus.TOO_MANY_REQUESTS, "busy", message, headers=RETRY)


def to_api_error(error: StyleMapGANError) -> ApiError:
    """Convert one of the package's errors; the text stays the same."""
    message = one_line(str(error))
    if isinstance(error, StorageError):
        logger.error("%s", message)
        return ApiError(HTTPStatus.INSUFFICIENT_STORAGE, "not_stored", message)
    return invalid(CODES.get(type(error), "refused"), message)


def internal_error(request_id: str) -> ApiError:
    """Report an unexpected error; only the log holds the details."""
    message = f"Internal error. The server's log has the details under request id {request_id}."
    return ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", message)


def error_response(error: ApiError) -> JSONResponse:
    """Turn an error into a response."""
    content = {"error": {"code": error.code, "message": error.message}}
    return JSONResponse(content, error.status_code, error.headers)


def one_line(text: str) -> str:
    """Join lines, as the command line does."""
    return " ".join(text.split())


def install_error_handlers(app: FastAPI) -> None:
    """Answer every error of the app in the same form."""

    @app.exception_handler(StyleMapGANError)
    async def _package_error(_: Request, error: StyleMapGANError) -> JSONResponse:
        return error_response(to_api_error(error))

    @app.exception_handler(RequestValidationError)
    async def _validation_error(_: Request, error: RequestValidationError) -> JSONResponse:
        return error_response(invalid("unfit_request", _explain(error)))

    @app.exception_handler(HTTPException)
    async def _http_error(_: Request, error: HTTPException) -> JSONResponse:
        if isinstance(error, ApiError):
            return error_response(error)
        status = HTTPStatus(error.status_code)
        code = status.phrase.lower().replace(" ", "_")
        message = f"{one_line(str(error.detail))}."
        headers = dict(error.headers) if error.headers else None
        return error_response(ApiError(status, code, message, headers=headers))


def _explain(error: RequestValidationError) -> str:
    """Name the first invalid field and what is wrong with it."""
    first, *others = error.errors()
    if first["type"] == "json_invalid":
        reason, position = first["ctx"]["error"], first["loc"][-1]
        return f"The request body is not valid JSON: {reason} (character {position})."
    field = ".".join(str(step) for step in first["loc"][1:])
    more = f" ({len(others)} more errors.)" if others else ""
    return one_line(f"{field or 'The request'}: {first['msg']}.{more}")[:500]
