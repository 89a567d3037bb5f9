from enum import StrEnum

class Source(StrEnum):
    CUBE = "cube"
    EVENTS = "events"

    def __str__(self) -> str:
        return str(self.value)
