"""What the server says when it does not do what it was asked: one line, always in the same form."""

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
"""How programs tell our own errors apart; all others are called `refused`."""


class ApiError(HTTPException):
    """A request that is not answered; it passes FastAPI's own handling unchanged."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        message: str,
        *,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Say what is wrong.

        Args:
            status: HTTP status.
            code: A word for programs.
            message: One line for people.
            headers: More headers, such as when to try again.
        """
        super().__init__(status, message, headers)
        self.code = code

    @property
    def message(self) -> str:
        """One line for people."""
        return self.detail


COME_BACK = {"Retry-After": "1"}
"""When to try again, in seconds."""


def not_found(what: str, name: str) -> ApiError:
    """Refuse a name that is not there."""
    return ApiError(HTTPStatus.NOT_FOUND, f"unknown_{what}", f"There is no {what} {name!r} here.")


def expired(what: str, name: str, minutes: float) -> ApiError:
    """Refuse the id of something that is not stored, or not any more."""
    return ApiError(
        HTTPStatus.NOT_FOUND,
        f"unknown_{what}",
        f"There is no {what} {name!r} here: photos and stylemaps expire after {minutes:g} minutes "
        "without use; upload again.",
    )


def unfit(code: str, message: str) -> ApiError:
    """Refuse values that make no sense."""
    return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, code, message)


def as_refusal(error: StyleMapGANError) -> ApiError:
    """Turn one of the package's errors into an answer with the same text."""
    message = one_line(str(error))
    if isinstance(error, StorageError):
        logger.error("%s", message)
        return ApiError(HTTPStatus.INSUFFICIENT_STORAGE, "not_stored", message)
    return unfit(CODES.get(type(error), "refused"), message)


def answer(refusal: ApiError) -> JSONResponse:
    """Put a refusal into the form that all errors have."""
    content = {"error": {"code": refusal.code, "message": refusal.message}}
    return JSONResponse(content, refusal.status_code, refusal.headers)


def internal_refusal(request_id: str) -> ApiError:
    """Admit a mistake of ours; what it was stands in the log alone."""
    message = f"Something went wrong here; the log has more under request {request_id}."
    return ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", message)


def one_line(text: str) -> str:
    """Join lines, as the command line does."""
    return " ".join(text.split())


def explain(error: RequestValidationError) -> str:
    """Name the first field that makes no sense, and why."""
    first, *others = error.errors()
    if first["type"] == "json_invalid":
        return f"The body is no JSON: {first['ctx']['error']} (character {first['loc'][-1]})."
    place = ".".join(str(step) for step in first["loc"][1:])
    more = f" ({len(others)} more like this.)" if others else ""
    return one_line(f"{place or 'The request'}: {first['msg']}.{more}")[:500]


def install(app: FastAPI) -> None:
    """Have every error of the app answered in the same form."""

    @app.exception_handler(StyleMapGANError)
    async def _ours(_: Request, error: StyleMapGANError) -> JSONResponse:
        return answer(as_refusal(error))

    @app.exception_handler(RequestValidationError)
    async def _unfit(_: Request, error: RequestValidationError) -> JSONResponse:
        return answer(unfit("unfit_request", explain(error)))

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> JSONResponse:
        if isinstance(error, ApiError):
            return answer(error)
        status = HTTPStatus(error.status_code)
        code = status.phrase.lower().replace(" ", "_")
        refusal = ApiError(status, code, f"{one_line(str(error.detail))}.")
        refusal.headers = error.headers
        return answer(refusal)
