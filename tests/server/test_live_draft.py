"""A page's draft is one thread's; what others get of it never changes."""

import struct
import threading

import numpy as np
import pytest

from stylemapgan.server.live_draft import DecodedState, Draft
from stylemapgan.server.request_schemas import LiveState
from stylemapgan.server.stylemap_store import StoredStylemap

SIZE = 8
ID = "0" * 32


def read(sequence: int, *, mask: int | None = None) -> DecodedState:
    state = LiveState.model_validate(
        {
            "type": "state",
            "sequence": sequence,
            "source": ID,
            "parts": [{"key": "p", "reference": ID}],
            "pushes": [{"direction": "d", "amount": 1.0}],
        }
    )
    masks = {} if mask is None else {"part p": np.full((SIZE, SIZE), mask, np.uint8)}
    source = StoredStylemap(model="m", array=np.zeros((1, 2, 4, 4), np.float32))
    return DecodedState(state=state, source=source, size=SIZE, masks=masks)


def delta(sequence: int, part: int, value: int) -> bytes:
    return struct.pack("<6I", sequence, part, 0, 0, 2, 2) + bytes([value] * 4)


def test_strokes_after_a_snapshot_leave_it_and_the_state_alone():
    draft = Draft()
    first = read(1, mask=255)
    draft.set_state(first)
    draft.apply_delta(delta(2, 0xFFFF0000, 100))
    snapshot = draft.snapshot()
    assert snapshot is not None
    draft.apply_delta(delta(3, 0, 0))
    draft.set_state(read(4))
    newest = draft.snapshot()

    assert newest is not None
    first_edit, last_edit = snapshot.edit(), newest.edit()
    (before,), (after,) = ([part.mask for part in each.parts] for each in (first_edit, last_edit))
    assert (before == 1).all()
    assert (after[..., :2, :2] == 0).all()
    assert after.sum() == SIZE**2 - 4
    assert (first.masks["part p"] == 255).all()
    assert (snapshot.sequence, newest.sequence) == (2, 4)
    for push in (*first_edit.pushes, *last_edit.pushes):
        assert push.mask is not None
        assert push.mask.sum() == pytest.approx(4 * 100 / 255)
    with pytest.raises(ValueError, match="read-only"):
        snapshot.masks["part p"][0, 0] = 1


@pytest.mark.parametrize(
    "use",
    [
        lambda draft: draft.set_state(read(1)),
        lambda draft: draft.apply_delta(delta(1, 0, 0)),
        Draft.snapshot,
        Draft.stylemaps,
    ],
    ids=["state", "delta", "snapshot", "stylemaps"],
)
def test_another_thread_is_refused(use):
    draft = Draft()
    draft.set_state(read(1))
    errors: list[BaseException] = []

    def elsewhere() -> None:
        try:
            use(draft)
        except RuntimeError as error:
            errors.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert "pass a snapshot to other threads" in str(errors)
