"""Edit clips: one edit for all frames of a video or an animation."""

from stylemapgan.editing.clips.clip_config import ClipConfig
from stylemapgan.editing.clips.editing_clip import EditedClip, edit_clip, open_clip

__all__ = ["ClipConfig", "EditedClip", "edit_clip", "open_clip"]
