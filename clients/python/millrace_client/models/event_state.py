from enum import StrEnum

class EventState(StrEnum):
    RECORDED = "recorded"
    SEALED = "sealed"
    SETTLED = "settled"
    STORED = "stored"

    def __str__(self) -> str:
        return str(self.value)
