"""What every challenge pays, worked out the slow and obvious way: all rows in memory, one loop per rule.

Nothing here is shared with the program. ``Reference.run`` is one tick of every challenge over the tables as they are.
"""

from reference_challenges.reference import Earned, Reference
from reference_challenges.tables import Tables, load_tables

__all__ = ["Earned", "Reference", "Tables", "load_tables"]
