from enum import StrEnum

class Repeats(StrEnum):
    ADD = "add"
    IGNORE = "ignore"
    REPLACE = "replace"

    def __str__(self) -> str:
        return str(self.value)
