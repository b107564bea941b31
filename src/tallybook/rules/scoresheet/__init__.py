"""Manual scoring: any stat, per seat or for the table, by rounds, with undo for every scorekeeper."""

from tallybook.rules.scoresheet.scoresheet import Scoresheet
from tallybook.rules.scoresheet.stats import checked_stats

__all__ = ["Scoresheet", "checked_stats"]
