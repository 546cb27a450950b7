"""The route that suggests references."""

from fastapi import APIRouter

from stylemapgan.server.api_errors import invalid
from stylemapgan.server.response_schemas import SuggestionResponse, SuggestionsResponse
from stylemapgan.server.served_library import ServedLibrary
from stylemapgan.server.suggest_schema import SuggestRequest
from stylemapgan.server.workspace import Client, CurrentWorkspace, Workspace

router = APIRouter(prefix="/suggestions", tags=["Suggestions"])


@router.post("")
async def suggest(
    workspace: CurrentWorkspace, client: Client, body: SuggestRequest
) -> SuggestionsResponse:
    """Suggest references whose region would fit a picture, out of the server's library.

    Their stylemaps, and photos if the server has them, are stored as if they had been uploaded.
    """
    if workspace.library is None:
        raise invalid(
            "no_library", "This server has no library of photos: start it with --library."
        )
    return await workspace.workers.run(_suggest, workspace, workspace.library, client, body)


def _suggest(
    workspace: Workspace, library: ServedLibrary, client: str, body: SuggestRequest
) -> SuggestionsResponse:
    service = workspace.service
    return SuggestionsResponse(
        suggestions=[
            SuggestionResponse(
                name=each.photo.name,
                stylemap=library.store(service, each, client).response(),
                score=each.score,
                seam=each.seam,
                change=each.change,
            )
            for each in library.suggest(service, body)
        ]
    )
