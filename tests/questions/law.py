#!/usr/bin/env python3
"""The law of questions: what sums say, what the events say, and what DuckDB counts in the exported events is the same.

    law.py API FIRST_DAY LAST_DAY --questions 1000 --seed 1      (the key in MILLRACE_KEY)

The installation must be at rest. The first difference ends it, with the question that shows it.
"""

import argparse
import collections
import json
import os
import random
import sys
import tempfile
import time
import urllib.error
import urllib.request
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from questions import Asker, Question
from recount import COLUMNS, Recount

# Standard errors that a sketch may be off.
SURE = 6
HOUR = timedelta(hours=1)
# Of so many questions some are answered from sums and some from events.
FEW = 20
# No event has this value: the events are asked, and all of them pass.
ALL_PASS = {"utm_term": "-nobody's term"}
# Columns whose values are texts that a filter's list can hold, and objects.
NAMES = list(COLUMNS)


class Installation:
    def __init__(self, api, key):
        self.api, self.key = api, key

    def get(self, path, accept="application/json"):
        request = urllib.request.Request(self.api + path, headers={"Authorization": f"Bearer {self.key}", "Accept": accept})
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:
                return answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{path}\n{error.code} {error.read().decode()}") from error

    def stats(self, text):
        answer, _ = self.get(f"/v1/stats?{text}")
        answer = json.loads(answer, parse_float=Decimal)
        if not answer["meta"]["complete"]:
            raise SystemExit(f"{text}\nis not complete: {answer['meta']}")
        return answer

    def tags(self):
        tags, query = {}, "limit=1000"
        while True:
            page = json.loads(self.get(f"/v1/links?{query}")[0])
            tags |= {link["id"]: link["tags"] for link in page["items"]}
            if page["next_cursor"] is None:
                return tags
            query = f"limit=1000&cursor={page['next_cursor']}"


def money(sums):
    return {currency: micros for currency, micros in sums.items() if micros}


def single(sums):
    """An amount in one currency; nothing where there are several."""
    return None if len(sums) > 1 else next(iter(sums.values()), Decimal(0))


def each(part, of):
    """A rate; nothing without a base."""
    return None if part is None or of is None or of <= 0 else Decimal(part) / Decimal(of)


class Numbers:
    """What a part of an answer must say."""

    def __init__(self, parts):
        self.counts = collections.Counter()
        self.values, self.costs = collections.Counter(), collections.Counter()
        for part in parts:
            self.counts.update({name: count or 0 for name, count in part.counts.items()})
            self.values.update(part.values)
            self.costs.update(part.costs)

    def of(self, metric):
        values, costs, count = money(self.values), money(self.costs), self.counts
        profits = money({name: values.get(name, 0) - costs.get(name, 0) for name in {*values, *costs}})
        match metric:
            case "value" | "cost" | "profit":
                return {"value": values, "cost": costs, "profit": profits}[metric]
            case "ctr":
                return each(count["clicks"], count["views"])
            case "cr":
                return each(count["conversions"], count["clicks"])
            case "epc":
                return each(single(values), count["clicks"])
            case "aov":
                return each(single(values), count["conversions"])
            case "roi":
                one = len({*values, *costs}) <= 1
                return each(single(profits), single(costs)) if one else None
        return count[metric]


def told(row, metric):
    """What a part of an answer says."""
    if metric in ("value", "cost", "profit"):
        several, one = row.get(metric + "s"), row.get(metric)
        if several is not None:
            return {currency: Decimal(amount) for currency, amount in several.items()}
        return Decimal(one)
    found = row.get(metric)
    return Decimal(found) if isinstance(found, str) else found


def is_same(said, counted, metric):
    if metric in ("value", "cost", "profit"):
        return said == (counted if isinstance(said, dict) else single(counted))
    if said is None or counted is None:
        return said is None and counted is None
    if metric in ("epc", "aov"):
        return said == counted.quantize(Decimal("0.000001"), ROUND_HALF_UP)
    if isinstance(counted, Decimal):
        return abs(Decimal(said) - counted) <= Decimal("1e-9") * max(1, abs(counted))
    return said == counted


class Different(Exception):
    """An answer is not what it must be."""


def rough(meta):
    """Metrics that may be estimates. What is counted from events is exactly what events say."""
    is_rough = meta["source"] != "events" and not meta["exact"].get("unique_visitors", True)
    return {"unique_visitors"} if is_rough else set()


def is_near(said, counted, most, error):
    """Sums of visitors are sketches, which say their error; who came within an hour of a begin or an end may be among them."""
    error = SURE * Decimal(error or 0)
    return counted * (1 - error) <= said <= most * (1 + error)


def compare_row(row, counted, metrics, where, meta, skip=(), most=None):
    for metric in metrics:
        if metric in skip:
            continue
        said, right = told(row, metric), counted.of(metric)
        if metric in rough(meta):
            most_of_it = right if most is None else most.of(metric)
            is_right = is_near(said, right, most_of_it, meta.get("standard_error", {}).get(metric))
        else:
            is_right = is_same(said, right, metric)
        if not is_right:
            raise Different(f"{where}: {metric} is said to be {said}, and is {right}")


def place(row, question):
    """Bucket and groups of a row; no groups where it is of all others."""
    at = None
    if question.interval != "none":
        at = datetime.fromisoformat(row["time"]).replace(tzinfo=None)
    if row.get("other"):
        return at, None
    return at, tuple(row[name] or "" for name in question.group_by)


def compare(answer, recount, question):
    """Holds an answer against a recount."""
    # Visitors of several rows may be the same: only events tell, so that totals are counted apart.
    total = recount.count(question, buckets=False, groups=False)
    meta = answer["meta"]
    if "currency" not in question.group_by:
        wide = Question(**{**vars(question), "start": question.start - HOUR, "end": question.end + HOUR})
        most = Numbers(recount.count(wide, buckets=False, groups=False).values()) if rough(meta) else None
        compare_row(answer["totals"], Numbers(total.values()), question.metrics, "totals", meta, most=most)
    parts = recount.count(question)
    rows = {place(row, question): row for row in answer["results"]}
    named = {groups for _, groups in rows if groups is not None}
    if len(rows) != len(answer["results"]):
        raise Different("a row is there twice")
    if question.group_by and len(named) > question.limit:
        raise Different(f"{len(named)} groups are named, and {question.limit} were asked for")
    expected = collections.defaultdict(list)
    for (at, groups), sums in parts.items():
        is_named = groups in named or not question.group_by
        expected[(at, groups if is_named else None)].append(sums)
    if any(groups is None for _, groups in expected) and len(named) < question.limit:
        hidden = {groups for (_, groups) in parts if groups not in named and any_number(parts, groups, question)}
        if hidden:
            raise Different(f"groups are not there, though there is room: {sorted(hidden)[:3]}")
    for at, groups in {*rows, *expected}:
        row, counted = rows.get((at, groups)), Numbers(expected.get((at, groups), []))
        # Of all others together visitors are not told; where they are estimates, only those of the whole range are compared.
        skip = {"unique_visitors"} if groups is None else rough(meta)
        if row is None:
            row = {metric: 0 for metric in question.metrics}
            metrics = [metric for metric in question.metrics if metric not in ("ctr", "cr", "epc", "aov", "roi")]
            compare_row(row, counted, metrics, f"no row {at} {groups}", meta, skip)
        else:
            compare_row(row, counted, question.metrics, f"{at} {groups}", meta, skip)
    check_order(answer, recount, named, question)


def any_number(parts, groups, question):
    numbers = Numbers(sums for (_, of), sums in parts.items() if of == groups)
    return any(numbers.of(metric) for metric in question.metrics)


def check_order(answer, recount, named, question):
    """Groups are sorted, and those that are left out have no more than those that are named."""
    if not question.group_by or question.order is None:
        return
    metric = question.order.lstrip("-")
    if metric in ("value", "cost", "profit"):
        return
    parts = recount.count(question, buckets=False)
    weights = {groups: Numbers([part]).of(metric) for (_, groups), part in parts.items()}
    is_less = (lambda a, b: a < b) if question.order.startswith("-") else (lambda a, b: b < a)
    inside = [weights[groups] for groups in named if weights.get(groups) is not None]
    outside = [
        weight for groups, weight in weights.items()
        if groups not in named and weight is not None and any_number(parts, groups, question)
    ]
    if any(is_less(one, other) for one in inside for other in outside):
        raise Different(f"others are sorted before: {question.order}")
    if question.interval == "none":
        rows = [weights.get(place(row, question)[1]) for row in answer["results"] if not row.get("other")]
        known = [weight for weight in rows if weight is not None]
        if any(is_less(one, next) for one, next in zip(known, known[1:])) or None in rows[: len(known)]:
            raise Different(f"groups are not sorted: {question.order}")


def before(answer, question):
    """The question that a comparison answers."""
    start, end = (datetime.fromisoformat(answer["comparison"][name]) for name in ("start", "end"))
    return Question(**{**vars(question), "start": start, "end": end, "compare": None})


def hold(installation, recount, question, as_of, seen):
    """Asks in each way, and compares."""
    answers = {}
    ways = {"as it is": {}, "from events": ALL_PASS, "of the moment": {"as_of": as_of}}
    for way, more in ways.items():
        if set(more) & {name for name, _, _ in question.filters}:
            continue
        text = question.text(**more)
        answer = answers[way] = installation.stats(text)
        seen[answer["meta"]["source"]] += 1
        try:
            compare(answer, recount, question)
            if question.compare:
                part = {**answer["comparison"], "meta": answer["meta"]}
                compare(part, recount, before(answer, question))
        except Different as different:
            raise SystemExit(f"{way}: {different}\n/v1/stats?{text}") from different
    vague = set().union(*(rough(answer["meta"]) for answer in answers.values()))
    alone = [without(vague, answer) for answer in answers.values()]
    if any(other != alone[0] for other in alone):
        raise SystemExit(f"rows differ by the way they are asked for\n/v1/stats?{question.text()}")


def without(vague, answer):
    """The rows of an answer without what is not known exactly."""
    rows = [*answer["results"], answer["totals"]]
    return [{name: value for name, value in row.items() if name not in vague} for row in rows]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("api")
    parser.add_argument("first", type=date.fromisoformat)
    parser.add_argument("last", type=date.fromisoformat)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    installation = Installation(arguments.api, os.environ["MILLRACE_KEY"])
    whole = f"start={arguments.first}&end={arguments.last}"
    as_of = installation.stats(whole)["meta"]["as_of"]
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        content, headers = installation.get(f"/v1/events?{whole}&as_of={as_of}", "application/vnd.apache.parquet")
        if headers.get("Millrace-Complete") == "false":
            raise SystemExit("the export is not complete")
        file.write(content)
        file.flush()
        recount = Recount(file.name, installation.tags())
    seen, begin = collections.Counter(), time.monotonic()
    asker = Asker(random.Random(arguments.seed), recount, NAMES, arguments.first, arguments.last)
    for _ in range(arguments.questions):
        hold(installation, recount, asker.question(), as_of, seen)
    took = time.monotonic() - begin
    if arguments.questions >= FEW and not all(seen[source] for source in ("cube", "events")):
        raise SystemExit(f"only one way was taken: {dict(seen)}")
    print(f"{arguments.questions} questions about {recount.events} events, {dict(seen)}: no difference ({took:.1f} s)")


if __name__ == "__main__":
    sys.exit(main())
