from enum import StrEnum

class ListPixelsSort(StrEnum):
    CREATED = "created"
    ID = "id"
    VALUE_2 = "-created"

    def __str__(self) -> str:
        return str(self.value)
