"""Messages of one connection that wait for their turn."""

import asyncio
from typing import Any

OVERHEAD = 100
"""Bytes that a message counts for beside its content."""

Message = dict[str, Any]
"""What ASGI calls a received message of a WebSocket."""


class Inbox:
    """A queue bounded in bytes.

    Reading ahead is how a page that closes is noticed while an earlier message of it still waits
    for a worker. A page that sends more than fits is read no further until there is room.
    """

    def __init__(self, limit: int) -> None:
        """Start empty.

        Args:
            limit: Bytes beyond which `put` waits.
        """
        self._limit = limit
        self._length = 0
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._has_room = asyncio.Event()
        self._has_room.set()

    async def put(self, message: Message) -> None:
        """Add a message once there is room."""
        await self._has_room.wait()
        self._messages.put_nowait(message)
        self._count(_length(message))

    async def get(self) -> Message:
        """Take the oldest message; wait for one where there is none."""
        message = await self._messages.get()
        self._count(-_length(message))
        return message

    def _count(self, change: int) -> None:
        self._length += change
        if self._length < self._limit:
            self._has_room.set()
        else:
            self._has_room.clear()


def _length(message: Message) -> int:
    return OVERHEAD + len(message.get("text") or message.get("bytes") or "")
