from enum import StrEnum

class ErasureState(StrEnum):
    DONE = "done"
    ERASED = "erased"
    PENDING = "pending"

    def __str__(self) -> str:
        return str(self.value)
