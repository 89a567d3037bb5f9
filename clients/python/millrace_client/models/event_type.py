from enum import StrEnum

class EventType(StrEnum):
    CONVERSION_CHANGED = "conversion.changed"
    CONVERSION_CREATED = "conversion.created"
    LINK_CLICKED = "link.clicked"
    NUMBERS_RESTATED = "numbers.restated"

    def __str__(self) -> str:
        return str(self.value)
