"""Questions that look random, and are the same for the same seed."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]
COUNTS = ["clicks", "views", "bot_clicks", "bot_views", "conversions", "pending", "rejected", "unique_visitors"]
MONEY = ["value", "cost", "profit"]
RATES = ["ctr", "cr", "epc", "aov", "roi"]
# What clicks cost belongs to no goal.
COSTS = ["cost", "profit", "roi"]
# What there is of each currency.
OF_CURRENCIES = ["conversions", "value", "aov", "cost", "profit", "roi"]
# What sums are kept by, of all and of one link, goal, pixel or campaign.
KEPT = ["country", "region", "city", "continent", "browser", "os", "device", "device_model", "referrer", "referrer_domain", "channel",
        "language", "utm_source", "utm_campaign", "variant", "trigger", "rule", "domain", "link", "goal", "pixel", "campaign", "currency"]
OBJECTS = ["link", "goal", "pixel", "campaign"]
FINE = ["minute", "5m"]
# Days that an interval may be asked about, so that an answer has at most some thousands of buckets.
LONGEST = {"none": 150, "minute": 1, "5m": 4, "15m": 10, "hour": 40, "day": 150, "week": 150, "month": 150}


@dataclass
class Question:
    """What is asked. Times are moments with a zone; filters are (name, whether none of them, values)."""

    metrics: list
    start: datetime
    end: datetime
    interval: str
    zone: str
    exclude_bots: bool
    group_by: list = field(default_factory=list)
    filters: list = field(default_factory=list)
    limit: int = 1000
    order: str | None = None
    compare: str | None = None

    def text(self, **more):
        asked = {
            "metrics": ",".join(self.metrics),
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "interval": self.interval,
            "timezone": self.zone,
            "exclude_bots": str(self.exclude_bots).lower(),
            "group_by": ",".join(self.group_by),
            "limit": self.limit,
            "order": self.order,
            "compare": self.compare,
            **{name: ("-" if is_not else "") + ",".join(map(escaped, values)) for name, is_not, values in self.filters},
            **more,
        }
        return urlencode({name: value for name, value in asked.items() if value is not None})


def escaped(value):
    """A value among others in a filter: signs and spaces around it are parts of it."""
    return re.sub(r"[,\\]|^-|^\s+|\s+$", lambda signs: re.sub(r"(.)", r"\\\1", signs[0]), value)


class Asker:
    """Makes questions about the days between two dates."""

    def __init__(self, random, recount, names, first, last):
        self.random, self.recount, self.names = random, recount, names
        self.first, self.days = first, (last - first).days

    def question(self):
        random = self.random
        # Half of them are such as sums are kept for.
        is_plain = random.random() < 0.5
        interval = random.choice([name for name in LONGEST if not (is_plain and name in FINE)])
        zone = random.choice(ZONES)
        start, end = self._range(interval, zone, is_plain)
        names = KEPT if is_plain else self.names
        groups = random.sample(names, random.choice([0, 1, 1] if is_plain else [0, 1, 2, 2]))
        question = Question(
            metrics=self._metrics(groups, is_plain),
            start=start,
            end=end,
            interval=interval,
            zone=zone,
            exclude_bots=random.random() < 0.7,
            group_by=groups,
            limit=random.choice([1, 3, 10, 1000]),
        )
        if random.random() < 0.5:
            question.order = random.choice(["", "-"]) + random.choice(question.metrics)
        if is_plain and random.random() < 0.3:
            self._filter(question, random.choice(OBJECTS), one=True)
        for name in random.sample(self.names, 0 if is_plain else random.choice([0, 1, 1, 2])):
            self._filter(question, name)
        if random.random() < 0.2 and interval in ("none", "day", "hour"):
            question.compare = random.choice(["previous_period", "previous_year"])
        return question

    def _range(self, interval, zone, is_plain):
        """Whole local days, or from a minute to another."""
        random, zone = self.random, ZoneInfo(zone)
        length = random.randint(1, LONGEST[interval])
        day = random.randint(0, max(0, self.days - length))
        midnight = lambda days: datetime.combine(self.first + timedelta(days), datetime.min.time(), zone)
        if is_plain or random.random() < 0.5:
            return midnight(day), midnight(day + length)
        start = midnight(day) + timedelta(minutes=random.randrange(24 * 60))
        return start, start + timedelta(minutes=random.randint(1, length * 24 * 60))

    def _metrics(self, groups, is_plain):
        known = COUNTS + MONEY + RATES
        # Visitors of groups are counted from events.
        if is_plain and groups:
            known = [metric for metric in known if metric != "unique_visitors"]
        if "currency" in groups:
            known = OF_CURRENCIES
        if "goal" in groups:
            known = [metric for metric in known if metric not in COSTS]
        return self.random.sample(known, self.random.randint(1, min(4, len(known))))

    def _filter(self, question, name, one=False):
        random = self.random
        if name == "goal" and any(metric in COSTS for metric in question.metrics):
            return
        known = self.recount.values(name, question.start, question.end, question.zone)
        known = [value for value in flat(known) if value] + ([] if one else [""])
        values = random.sample(known, min(len(known), 1 if one else random.choice([1, 1, 2, 5])))
        if values:
            question.filters.append((name, not one and random.random() < 0.3, values))


def flat(values):
    for value in values:
        yield from value if isinstance(value, list) else [value]
