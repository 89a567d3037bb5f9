from enum import StrEnum

class GapReason(StrEnum):
    COLLECTOR_DOWN = "collector_down"
    UNRECORDED = "unrecorded"

    def __str__(self) -> str:
        return str(self.value)
