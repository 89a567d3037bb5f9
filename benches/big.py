#!/usr/bin/env python3
"""A large installation from its first event to its last question, beside DuckDB and chDB on the same facts.

    python3 benches/big.py                       50 million events, 100,000 accounts, a million links, 30 days
    python3 benches/big.py --events 5000000      a smaller one
    python3 benches/big.py --curve               1, 5, 15 and 50 million, one after the other

It builds the product, makes a virtual environment with the peers (PyPI) under target/, and prints what each phase takes: seconds,
CPU seconds per million events, peak memory, bytes, files. Numbers are compared with those that DuckDB counts in the facts; it ends
with 1 if any differs. Nothing else should run meanwhile. 50 million events need some 15 GB in --dir.
"""
import argparse, http.client, json, os, random, resource, shutil, signal, socket, subprocess, sys, tempfile, time, urllib.parse, venv
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
PEERS = ["duckdb", "chdb"]
SLICE = 1_800_000  # Ten minutes at 3,000 events a second.
DAY_MS = 86_400_000
NEVER = "0 0 1 1 *"
CUBES = ([("minute", "''", 1, "true"), ("total", "''", 15, "true")]
         + [(c, c, 15, "true") for c in "country browser os device referrer_host language channel device_type".split()]
         + [(c, c, 15, f"{c} <> ''") for c in "region utm_source utm_campaign variant trigger rule".split()]
         + [("currency", "currency", 15, "value_micros is not null"), ("object", "object", 15, "true"), ("campaign", "coalesce(campaign, '')", 15, "true")])


def peers():
    """The interpreter of an environment that has the peers."""
    home = REPO / "target" / "peers"
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
    if subprocess.run([python, "-c", "import duckdb, chdb"], capture_output=True).returncode:
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS], check=True)
    return python


def line(what, **figures):
    print(f"{what:<46} " + "  ".join(f"{k.replace('_', ' ')} {v}" for k, v in figures.items()), flush=True)


def port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def peak_of(pid):
    """The most memory that a process has taken, MB."""
    lines = open(f"/proc/{pid}/status").read().splitlines()
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)


class Installation:
    def __init__(self, binary, folder, size):
        self.binary, self.data, self.size = binary, folder / "data", size
        self.collect, self.api = port(), port()
        self.env = dict(os.environ, MILLRACE_ADMIN_TOKEN="admin-token-of-the-big-run-0123456789abcdef")

    def fill(self, *more):
        s = self.size
        return self.run("bench", "fill", *[f"--{k}={v}" for k, v in s.items()], f"--to=http://127.0.0.1:{self.collect}", *more)

    def run(self, *args):
        """What a command prints, its seconds, CPU seconds and peak memory in MB."""
        begin, peak = time.time(), 0
        with tempfile.TemporaryFile() as out:
            process = subprocess.Popen([self.binary, *args, f"--data-dir={self.data}"], stdout=out, env=self.env)
            # What the system says at the end counts the parent's memory, too.
            while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
                peak = max(peak, peak_of(process.pid))
                time.sleep(0.02)
            _, status, used = ended
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            text = out.read()
        if process.returncode:
            sys.exit(f"{args[0]} ended with {process.returncode}: {text[-500:]}")
        return json.loads(text), time.time() - begin, used.ru_utime + used.ru_stime, peak

    def start(self):
        begin = time.time()
        schedules = [f"--{job}-schedule={NEVER}" for job in ("rollup", "forecast", "report", "audit")]
        log = open(self.data.parent / "up.log", "ab")
        self.process = subprocess.Popen(
            [self.binary, "up", f"--data-dir={self.data}", f"--collect-addr=127.0.0.1:{self.collect}", f"--api-addr=127.0.0.1:{self.api}", *schedules],
            stdout=log, stderr=log, env=self.env)
        while True:
            if self.process.poll() is not None:
                sys.exit(f"`millrace up` ended: see {log.name}")
            try:
                status, _ = self.get("/health/ready", 0)
                if status == 200:
                    break
            except OSError:
                pass
            time.sleep(0.02)
        return time.time() - begin

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(120)

    def cpu(self):
        return sum(map(int, open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """Now and at most, MB."""
        text = open(f"/proc/{self.process.pid}/status").read()
        return [int(text.split(f"{k}:")[1].split()[0]) // 1024 for k in ("VmRSS", "VmHWM")]

    def get(self, path, account):
        for kept in (True, False):
            c = (getattr(self, "connection", None) if kept else None) or http.client.HTTPConnection("127.0.0.1", self.api, timeout=120)
            self.connection = None
            try:
                c.request("GET", path, headers={"Authorization": f"Bearer mr_bench_{account:040}"})
                r = c.getresponse()
                body = r.read()
            except (http.client.HTTPException, OSError):
                # The server closes a connection that was idle.
                if not kept:
                    raise
                continue
            self.connection = c
            return r.status, body

    def ask(self, account, **question):
        status, body = self.get("/v1/stats?" + urllib.parse.urlencode(question), account)
        if status != 200:
            sys.exit(f"{question} was answered {status}: {body[:300]}")
        return json.loads(body)

    def whole(self):
        """Waits for complete answers: after a start they wait for what the collector says that it holds."""
        begin = time.time()
        while not (meta := self.ask(0, metrics="clicks", interval="none")["meta"])["complete"]:
            if time.time() - begin > 60:
                sys.exit(f"answers are not complete: {meta}")
            time.sleep(0.05)


def stored(data, events):
    """What the newest manifest names; what it no longer names is deleted after an hour."""
    ledger = data / "store" / "ledger" / "manifests"
    newest = max(ledger.glob("*.json"))
    manifest = json.loads(newest.read_text())["body"]
    lists = {name: manifest[name] for name in ("event_files", "sums", "visits")}
    if since := manifest.get("since"):
        whole = json.loads((ledger / f"{since['manifest']:020}.json").read_text())["body"]
        for name in lists:
            gone = set(since["gone"].get(name, []))
            lists[name] = lists[name] + [file for file in whole[name] if file["name"] not in gone]
    files = [f for f in (data / "store" / "raw").rglob("*") if f.is_file()]
    line("stored: raw", files=len(files), bytes_per_event=f"{sum(f.stat().st_size for f in files) / events:.1f}")
    for what, key in (("events", "event_files"), ("sums", "sums"), ("visits", "visits")):
        size = sum(file["bytes"] for file in lists[key])
        line(f"stored: {what}", files=len(lists[key]), bytes_per_event=f"{size / events:.1f}")
    line("the newest manifest", bytes=newest.stat().st_size, number=int(newest.stem))


def percentiles(what, times):
    times.sort()
    line(what, p50_ms=f"{1000 * times[len(times) // 2]:.2f}", p99_ms=f"{1000 * times[int(len(times) * .99)]:.2f}")


def timed(ask, questions):
    times = []
    for question in questions:
        begin = time.perf_counter()
        ask(question)
        times.append(time.perf_counter() - begin)
    return times


def iso(ms):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ms / 1000))


def fill_and_roll_up(up, folder, events):
    """Slice by slice, each taken, seen live, and settled."""
    seen, first, slices, worst = 0, 0, 0, dict(intake=0.0, live=0.0, rollup=0.0, memory=0)
    sums = dict(intake=0.0, live=0.0, rollup=0.0, rollup_cpu=0.0)
    cpu = up.cpu()
    while first < events:
        upto = min(events, first + SLICE)
        facts = folder / "facts" / f"{slices:03}.parquet"
        sent, *_ = up.fill(f"--from={first}", f"--upto={upto}", f"--facts={facts}")
        begin = time.time()
        seen += duck(f"select count(*) from '{facts}' where account = 0 and cents is null")[0][0]
        while True:
            answer = up.ask(0, metrics="clicks", range="40d", interval="none", exclude_bots="false")
            if answer["totals"]["clicks"] >= seen:
                break
            if time.time() - begin > 300:
                sys.exit(f"{answer['totals']} instead of {seen} clicks are seen after 300 s")
            time.sleep(0.05)
        live = time.time() - begin
        report, seconds, used, peak = up.run("batch", "run", "--close-epochs", "--json")
        for what, value in (("intake", sent["seconds"]), ("live", live), ("rollup", seconds)):
            sums[what] += value
            worst[what] = max(worst[what], value)
        sums["rollup_cpu"] += used
        worst["memory"] = max(worst["memory"], peak)
        now, high = up.memory()
        line(f"  slice {slices}: {upto - first} events", intake_s=f"{sent['seconds']:.1f}", live_after_s=f"{live:.1f}", rollup_s=f"{seconds:.1f}",
             rollup_cpu_s=f"{used:.1f}", rollup_peak_MB=peak, roles_MB=now, roles_peak_MB=high)
        first, slices = upto, slices + 1
    m = events / 1e6
    line("intake: durable, over HTTP", events_a_second=f"{events / sums['intake']:.0f}", all_roles_cpu_s_per_million=f"{(up.cpu() - cpu) / m:.1f}",
         roles_peak_MB=up.memory()[1])
    line("live: seconds after the last was taken", mean=f"{sums['live'] / slices:.1f}", worst=f"{worst['live']:.1f}")
    line("10-minute rollups", mean_s=f"{sums['rollup'] / slices:.1f}", worst_s=f"{worst['rollup']:.1f}", cpu_s_per_million=f"{sums['rollup_cpu'] / m:.1f}",
         peak_MB=worst["memory"], goal="under 60 s each, 2 GB")


def duck(sql):
    import duckdb
    global CONNECTION
    try:
        connection = CONNECTION
    except NameError:
        connection = CONNECTION = duckdb.connect()
        connection.execute("set threads = 2; set TimeZone = 'UTC'")
    return connection.execute(sql).fetchall()


def cubes(folder, events):
    """DuckDB makes the same cubes and visits from the product's table of events."""
    out, source = folder / "duck", f"read_parquet('{folder}/data/store/events/**/*.parquet')"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    begin, before = time.time(), resource.getrusage(resource.RUSAGE_SELF)
    sums = """sum(case when type = 'click' and bot is null then 1 else 0 end), sum(case when type = 'click' and bot is not null then 1 else 0 end),
        sum(case when type = 'view' and bot is null then 1 else 0 end), sum(case when type = 'view' and bot is not null then 1 else 0 end),
        sum(case when type = 'conversion' then 1 else 0 end), sum(coalesce(value_micros, 0))"""
    for name, value, grain, where in CUBES:
        kinds = {"object": ["account", "campaign"], "campaign": ["account"]}.get(name, ["account", "campaign", "object"])
        rows = " union all ".join(f"select {e} as entity, * from {source} where {e} is not null and {where}" for e in kinds)
        duck(f"""copy (select entity, epoch_ms(time) // {grain * 60000} as b, {value} as v, {sums} from ({rows}) group by all order by entity, b, v)
                 to '{out}/{name}.parquet' (format parquet, compression zstd)""")
    visits = " union all ".join(f"select {e} as entity, epoch_ms(time) // 900000 as q, bot is not null as bot, visitor from {source}" for e in ("account", "object"))
    duck(f"copy (select entity, q, bot, visitor from ({visits}) group by all order by entity, q) to '{out}/visits.parquet' (format parquet, compression zstd)")
    after = resource.getrusage(resource.RUSAGE_SELF)
    shutil.rmtree(out)
    seconds, used = time.time() - begin, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    line(f"DuckDB: {len(CUBES)} cubes and visits from events/", seconds=f"{seconds:.1f}", cpu_s_per_million=f"{used / events * 1e6:.1f}", peak_MB=after.ru_maxrss // 1024)
    return seconds


def compare(up, folder, start, days):
    """Answers beside what DuckDB counts in the facts; the number of differences."""
    facts, wrong, asked = f"'{folder}/facts/*.parquet'", 0, 0
    up.whole()
    accounts = [0, 1, 2, 9, 99, 999] + random.Random(3).sample(range(up.size["accounts"]), 40)
    span = dict(start=iso(start - 3 * DAY_MS), end=iso(start + days * DAY_MS))

    def check(what, said, counted):
        nonlocal wrong, asked
        asked += 1
        if said != counted:
            wrong += 1
            print(f"DIFFERENT {what}: said {str(said)[:300]}, counted {str(counted)[:300]}")

    for account in accounts:
        rows = duck(f"""select at_ms // {DAY_MS} as day, country, count(*) filter (not bot and cents is null), count(*) filter (bot), count(cents)
                        from {facts} where account = {account} group by all""")
        answer = up.ask(account, metrics="clicks,bot_clicks,conversions", interval="day", group_by="country", limit=1000, exclude_bots="false", **span)
        said = {}
        for row in answer["results"]:
            figures = (row["clicks"] - row["bot_clicks"], row["bot_clicks"], row["conversions"])
            if any(figures):
                said[(row["time"][:10], row["country"])] = figures
        counted = {(iso(day * DAY_MS)[:10], country): tuple(map(int, figures)) for day, country, *figures in rows}
        check(f"account {account} by day and country", said, counted)
        sales = duck(f"select at_ms // {DAY_MS}, sum(cents) from {facts} where account = {account} and cents is not null group by 1")
        answer = up.ask(account, metrics="value", interval="day", **span)
        said = {row["time"][:10]: round(float(row["value"]) * 100) for row in answer["results"] if float(row["value"] or 0)}
        check(f"values of account {account} by day", said, {iso(day * DAY_MS)[:10]: int(cents) for day, cents in sales})
        days_of = duck(f"select at_ms // {DAY_MS}, count(distinct person) from {facts} where account = {account} and not bot and cents is null group by 1")
        answer = up.ask(account, metrics="unique_visitors", interval="day", **span)
        said = {row["time"][:10]: row["unique_visitors"] for row in answer["results"] if row["unique_visitors"]}
        check(f"visitors of account {account} by day", said, {iso(day * DAY_MS)[:10]: n for day, n in days_of})
    links = duck(f"select account, link from (select distinct account, link from {facts} where cents is null) order by hash(link) limit 60")
    for account, link in links:
        rows = duck(f"select at_ms // 3600000, count(*) from {facts} where link = {link} and not bot and cents is null group by 1")
        answer = up.ask(account, metrics="clicks", interval="hour", link=f"l{link}", **span)
        said = {row["time"][:13]: row["clicks"] for row in answer["results"] if row["clicks"]}
        check(f"link {link} by hour", said, {iso(hour * 3_600_000)[:13]: n for hour, n in rows})
    line("compared with DuckDB over the facts", questions=asked, different=wrong)
    return wrong


def questions(up, folder, start, days):
    facts = f"'{folder}/facts/*.parquet'"
    span = dict(start=iso(start), end=iso(start + days * DAY_MS))
    links = duck(f"select account, link from (select distinct account, link from {facts} where cents is null) order by hash(link + 1) limit 400")
    point = lambda q: up.ask(q[0], metrics="clicks", interval="hour", link=f"l{q[1]}", **span)
    timed(point, links[:20])
    percentiles("one link's days by hour, cold", timed(point, links[20:]))
    percentiles("the same, again", timed(point, links[20:]))
    for group in ("country", "browser", "referrer", "link"):
        percentiles(f"largest account, {days} days by {group}", timed(lambda _: up.ask(0, metrics="clicks", interval="none", group_by=group, limit=10, **span), range(5)))
    for interval in ("none", "day"):
        percentiles(f"largest account, unique visitors, by {interval}", timed(lambda _: up.ask(0, metrics="unique_visitors", interval=interval, **span), range(3)))
    line("memory after the questions", MB=up.memory()[0], peak_MB=up.memory()[1])
    return links


def peers_questions(folder, links):
    """The same point questions to a table of the same rows."""
    rows = f"select link as entity, at_ms // 900000 as b, count(*) filter (not bot and cents is null) as clicks from '{folder}/facts/*.parquet' group by all order by entity, b"
    duck(f"copy ({rows}) to '{folder}/rows.parquet' (format parquet)")
    duck(f"create or replace table t as select * from '{folder}/rows.parquet'")
    percentiles("DuckDB table: one link by hour", timed(lambda q: duck(f"select b // 4, sum(clicks) from t where entity = {q[1]} group by 1 order by 1"), links[20:]))
    duck("drop table t")
    from chdb import session
    chdb = session.Session(str(folder / "chdb"))
    chdb.query("create database x engine = Atomic")
    chdb.query("create table x.t (entity UInt32, b Int64, clicks Int64) engine = MergeTree order by (entity, b)")
    chdb.query(f"insert into x.t select entity, b, clicks from file('{folder}/rows.parquet', Parquet)")
    chdb.query("optimize table x.t final")
    ask = lambda q: chdb.query(f"select intDiv(b, 4) h, sum(clicks) from x.t where entity = {q[1]} group by h order by h", "JSONCompact").bytes()
    ask(links[0])
    percentiles("chDB MergeTree: one link by hour", timed(ask, links[20:]))


def big(binary, folder, events, accounts, links, days):
    print(f"\n# {events} events, {accounts} accounts, {links} links, {days} days", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "facts").mkdir(parents=True)
    start = (int(time.time() * 1000) // DAY_MS - days) * DAY_MS
    up = Installation(binary, folder, {"events": events, "accounts": accounts, "links": links, "days": days, "start-ms": start})
    made, *_ = up.fill("--prepare")
    line("accounts and links made", accounts=made["accounts"], links=made["links"], seconds=f"{made['seconds']:.1f}")
    line("start with them", seconds=f"{up.start():.1f}", MB=up.memory()[0])
    fill_and_roll_up(up, folder, events)
    stored(up.data, events)
    line("ready again after a restart", seconds=f"{(up.stop(), up.start())[1]:.1f}", MB=up.memory()[0])
    asked = questions(up, folder, start, days)
    wrong = compare(up, folder, start, days)
    up.stop()
    # Before the full run: after it, old files of events lie beside the new ones for a while.
    duckdb_s = cubes(folder, events)
    report, seconds, used, peak = up.run("batch", "run", "--full", "--json")
    line("full recompute", seconds=f"{seconds:.1f}", cpu_s_per_million=f"{used / events * 1e6:.1f}", peak_MB=peak, changed=report["changed"])
    up.start()
    wrong += compare(up, folder, start, days)
    up.stop()
    line("full recompute beside DuckDB from events/", ratio=f"{seconds / duckdb_s:.2f}", goal="1.0 plus decoding and writing events")
    peers_questions(folder, asked)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=50_000_000)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--links", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--dir", type=Path, default=REPO / "target" / "big")
    parser.add_argument("--binary", help="an own build; without it the product is built")
    parser.add_argument("--curve", action="store_true", help="1, 5, 15 and 50 million events")
    args = parser.parse_args()
    python = peers()
    if Path(sys.prefix) != python.parents[1]:
        sys.exit(subprocess.run([python, *sys.argv]).returncode)
    if not args.binary:
        subprocess.run(["cargo", "build", "--release"], cwd=REPO, check=True)
    binary = args.binary or REPO / "target" / "release" / "millrace"
    sizes = [1_000_000, 5_000_000, 15_000_000, 50_000_000] if args.curve else [args.events]
    wrong = sum(big(binary, args.dir, n, args.accounts, args.links, args.days) for n in sizes)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
