"""Months as numbers are paid for: from a day of the month to the same day of the next, or its last where it is
shorter.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime

_DECEMBER = 12


def month_after(moment: datetime, day: int) -> datetime:
    """The same time in the month after `moment`'s, on its `day`: a number bought on the 31st is renewed on 28 February
    and on 31 March.
    """
    year, month = (moment.year + 1, 1) if moment.month == _DECEMBER else (moment.year, moment.month + 1)
    return moment.replace(year=year, month=month, day=min(day, monthrange(year, month)[1]))
