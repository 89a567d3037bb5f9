from enum import StrEnum

class AttributeBy(StrEnum):
    CLICK = "click"
    CONVERSION = "conversion"

    def __str__(self) -> str:
        return str(self.value)
