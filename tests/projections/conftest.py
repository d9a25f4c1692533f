"""Property tests of the projections state laws, not times."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("projections", deadline=None)
settings.load_profile("projections")
