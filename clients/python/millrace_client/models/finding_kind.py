from enum import StrEnum

class FindingKind(StrEnum):
    BATCH = "batch"
    LIVE = "live"
    LOST = "lost"
    STORED = "stored"
    VIEW = "view"

    def __str__(self) -> str:
        return str(self.value)
