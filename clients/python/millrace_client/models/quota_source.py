from enum import StrEnum

class QuotaSource(StrEnum):
    ACCOUNT = "account"
    DEFAULT = "default"
    PLAN = "plan"

    def __str__(self) -> str:
        return str(self.value)
