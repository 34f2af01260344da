"""What a project's migrations have made at each revision: replayed, cached, committed."""

from kongtask.revisions.cache import Cache
from kongtask.revisions.replay import printing_server, replay
from kongtask.revisions.versions import Versions, shipped_versions

__all__ = ["Cache", "Versions", "printing_server", "replay", "shipped_versions"]
