from enum import StrEnum

class Metric(StrEnum):
    AOV = "aov"
    BOT_CLICKS = "bot_clicks"
    BOT_VIEWS = "bot_views"
    CLICKS = "clicks"
    CONVERSIONS = "conversions"
    COST = "cost"
    CR = "cr"
    CTR = "ctr"
    EPC = "epc"
    PENDING = "pending"
    PROFIT = "profit"
    REJECTED = "rejected"
    ROI = "roi"
    UNIQUE_VISITORS = "unique_visitors"
    VALUE = "value"
    VIEWS = "views"

    def __str__(self) -> str:
        return str(self.value)
