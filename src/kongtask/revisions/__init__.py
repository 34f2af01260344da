"""What a project's migrations have made at each revision: replayed, cached, committed."""

from kongtask.revisions.cache import Cache
from kongtask.revisions.replay import replay
from kongtask.revisions.versions import Versions, shipped_versions

__all__ = ["Cache", "Versions", "replay", "shipped_versions"]
