from enum import StrEnum

class RunState(StrEnum):
    FAILED = "failed"
    OK = "ok"
    REQUESTED = "requested"
    RUNNING = "running"
    TAKEN_OVER = "taken_over"

    def __str__(self) -> str:
        return str(self.value)
