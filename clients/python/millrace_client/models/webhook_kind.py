from enum import StrEnum

class WebhookKind(StrEnum):
    POSTBACK = "postback"
    WEBHOOK = "webhook"

    def __str__(self) -> str:
        return str(self.value)
