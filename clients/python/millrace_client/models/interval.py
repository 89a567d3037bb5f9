from enum import StrEnum

class Interval(StrEnum):
    DAY = "day"
    HOUR = "hour"
    MINUTE = "minute"
    MONTH = "month"
    NONE = "none"
    VALUE_2 = "5m"
    VALUE_3 = "15m"
    WEEK = "week"

    def __str__(self) -> str:
        return str(self.value)
