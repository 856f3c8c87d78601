"""From the configurations of OneTick's data-science framework to specs."""

from dsframework.migration._migrate import Migration, migrate_file, migrate_text
from dsframework.migration._report import KINDS, Finding, Kind, summary

__all__ = ["KINDS", "Finding", "Kind", "Migration", "migrate_file", "migrate_text", "summary"]
