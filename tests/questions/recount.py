"""Counts the events of an export with DuckDB, by rules of its own: docs/TABLES.md and docs/DATA.md say what they are."""

from dataclasses import dataclass, field
from decimal import Decimal

import duckdb

# What each name of the API is, over the columns of an export. Local wall-clock time is `wall`.
LINK = "coalesce(nullif(link, ''), case when type = 'click' then object end)"
COLUMNS = {
    "country": "country",
    "region": "region",
    "city": "city",
    "continent": "continent",
    "browser": "browser",
    "os": "os",
    "device": "device_type",
    "device_model": "device",
    "referrer": "referrer_host",
    "referrer_domain": "referrer_domain",
    "channel": "channel",
    "language": "language",
    **{name: name for name in ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")},
    **{name: name for name in ("sub1", "sub2", "sub3", "sub4", "sub5")},
    **{name: name for name in ("campaign", "domain", "variant", "trigger", "rule", "bot", "status")},
    "asn": "asn::varchar",
    "link": LINK,
    "goal": "case when type = 'conversion' then object end",
    "pixel": "case when type = 'view' then object end",
    "tag": f"tags_of({LINK})",
    "currency": "case when type = 'conversion' then currency else cost_currency end",
    "hour_of_day": "strftime(wall, '%H')",
    "day_of_week": "isodow(wall)::varchar",
}
# Where an event without a value is in no row at all.
ONLY = {
    "link": "(type = 'click' or link <> '')",
    "goal": "type = 'conversion'",
    "pixel": "type = 'view'",
    "currency": "(value_micros is not null or cost_micros is not null)",
}
BUCKETS = {
    "none": "null",
    "minute": "date_trunc('minute', wall)",
    "5m": "time_bucket(interval 5 minutes, wall)",
    "15m": "time_bucket(interval 15 minutes, wall)",
    **{name: f"date_trunc('{name}', wall)" for name in ("hour", "day", "week", "month")},
}
PERSON = "bot is null"
COUNTED = "not coalesce(adjusts, false)"


def _conversions(status):
    now = f"(type = 'conversion' and {COUNTED} and coalesce(nullif(status, ''), 'approved') = '{status}')::int"
    return f"sum({now}) - sum((type = 'conversion' and {COUNTED} and taken_back = '{status}')::int)"


def _metrics(exclude_bots):
    who = PERSON if exclude_bots else "true"
    return {
        "clicks": f"count(*) filter (where type = 'click' and {who})",
        "views": f"count(*) filter (where type = 'view' and {who})",
        "bot_clicks": "count(*) filter (where type = 'click' and bot is not null)",
        "bot_views": "count(*) filter (where type = 'view' and bot is not null)",
        "conversions": _conversions("approved"),
        "pending": _conversions("pending"),
        "rejected": _conversions("rejected"),
        "unique_visitors": f"count(distinct visitor) filter (where visitor <> '' and type <> 'conversion' and {who})",
    }


@dataclass
class Sums:
    """Numbers of a part: counts by metric, values and costs by currency."""

    counts: dict = field(default_factory=dict)
    values: dict = field(default_factory=dict)
    costs: dict = field(default_factory=dict)


class Recount:
    """The events of one moment, and the tags that links have."""

    def __init__(self, parquet, tags):
        self.db = duckdb.connect()
        self.db.execute("set timezone = 'UTC'")
        self.db.execute(f"create table events as select * from '{parquet}'")
        self.db.execute("create table tags (tagged varchar, tags varchar[])")
        if tags:
            self.db.executemany("insert into tags values (?, ?)", list(tags.items()))
        self.db.execute("create macro tags_of(id) as (select tags from tags where tagged = id)")
        self.events = self.db.execute("select count(*) from events").fetchone()[0]

    def values(self, name, start, end, zone):
        """What a name has for values between two moments, most often first."""
        sql = (
            f"select v, count(*) from (select {COLUMNS[name]} as v from {self._of(zone)} "
            f"where time >= ? and time < ?) where v is not null group by 1 order by 2 desc, 1 limit 30"
        )
        return [value for value, _ in self.db.execute(sql, [start, end]).fetchall()]

    def count(self, question, buckets=True, groups=True):
        """Sums by bucket (local time; none without buckets) and values of groups."""
        names = question.group_by if groups else []
        where, values = self._where(question)
        values = [question.start, question.end, *values]
        keys = [BUCKETS[question.interval] if buckets else "null"]
        keys += [f"coalesce({COLUMNS[name]}, '')" if name != "tag" else self._each_tag() for name in names]
        only = [ONLY[name] for name in question.group_by if name in ONLY]
        by = ", ".join(f"{key} as k{place}" for place, key in enumerate(keys))
        of = f"(select *, {by} from {self._of(question.zone)} where {' and '.join([*where, *only])})"
        by = ", ".join(f"k{place}" for place in range(len(keys)))
        counted = _metrics(question.exclude_bots)
        found = {}
        sql = f"select {by}, {', '.join(counted.values())} from {of} group by {by}"
        for row in self.db.execute(sql, values).fetchall():
            counts = dict(zip(counted, row[len(keys) :]))
            found[(row[0], row[1 : len(keys)])] = Sums(counts=counts)
        for kind, rule in (("values", "type = 'conversion'"), ("costs", f"type = 'click' and {PERSON}")):
            micros, currency = {"values": ("value_micros", "currency"), "costs": ("cost_micros", "cost_currency")}[kind]
            sql = (
                f"select {by}, {currency}, sum({micros}) from {of} where {rule} and {micros} is not null "
                f"group by {by}, {currency}"
            )
            for row in self.db.execute(sql, values).fetchall():
                sums = found.setdefault((row[0], row[1 : len(keys)]), Sums())
                if row[-1]:
                    getattr(sums, kind)[row[-2]] = Decimal(row[-1]) / 1_000_000
        return found

    @staticmethod
    def _each_tag():
        return f"unnest(case when len(tags_of({LINK})) > 0 then tags_of({LINK}) else [''] end)"

    @staticmethod
    def _of(zone):
        return f"(select *, timezone('{zone}', time) as wall from events)"

    @staticmethod
    def _where(question):
        where, values = ["time >= ?", "time < ?"], []
        for name, is_not, wanted in question.filters:
            if name == "tag":
                tags = f"coalesce(tags_of({LINK}), [])"
                without = f" or len({tags}) = 0" if "" in wanted else ""
                found = f"(len(list_intersect({tags}, ?)) > 0{without})"
                values.append(wanted)
            else:
                found = f"coalesce({COLUMNS[name]}, '') in ({', '.join('?' * len(wanted))})"
                values.extend(wanted)
            where.append(f"not ({found})" if is_not else found)
        return where, values
