from enum import StrEnum

class RunReason(StrEnum):
    CATCH_UP = "catch_up"
    REQUEST = "request"
    SCHEDULE = "schedule"

    def __str__(self) -> str:
        return str(self.value)
