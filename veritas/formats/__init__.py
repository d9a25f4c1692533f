"""What a recorded run can be written as, one file a format, each a pipeline of small generators."""

from veritas.formats.format import Context, Format, Kind
from veritas.formats.registry import FORMATS

__all__ = ["FORMATS", "Context", "Format", "Kind"]
