#!/usr/bin/env python3
"""What questions about one account cost, beside DuckDB on the same files, and what live streams and files of events cost.

    python3 benches/questions.py                   10 million events
    python3 benches/questions.py --events 1000000  fewer
    python3 benches/questions.py --binary PATH     a binary that is built already

It builds the product, makes a virtual environment with DuckDB (PyPI) under target/, sends the events over HTTP, settles them, and
prints medians of five. What both count is compared: it ends with 1 if anything differs. Nothing else should run meanwhile.
"""
import argparse, asyncio, datetime, gzip, http.client, json, os, random, shutil, signal, socket, statistics, subprocess, sys, tempfile, threading, time, venv
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
NEVER = "0 0 29 2 *"
TOKEN = "admin-token-of-the-questions-0123456789abcdef"
AT_ONCE, BODIES, SENDERS, TIMES = 10_000, 100, 4, 5
COUNTRIES = ["DE", "US", "GB", "FR", "AT", "IN"]
AGENTS = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
]
LISTENERS, OF_EACH, SECONDS = 100, 20, 20
CLICKS = "count(*) filter (where type = 'click' and bot is null)"
# What is asked, and the same of DuckDB; rows by their group and numbers are compared.
QUESTIONS = [
    ("clicks", "metrics=clicks", None),
    ("clicks and conversions of a link by day", "metrics=clicks,conversions&link=l3&interval=day", None),
    ("clicks by country", "metrics=clicks&group_by=country", None),
    ("one country by hour", "metrics=clicks&country=DE&interval=hour",
     f"select date_trunc('hour', time), {CLICKS} from E where country = 'DE' group by 1"),
    ("country and browser", "metrics=clicks&group_by=country,browser", f"select country, browser, {CLICKS} from E group by 1, 2"),
    ("a sub1 by country", "metrics=clicks&sub1=s1&group_by=country", f"select country, {CLICKS} from E where sub1 = 's1' group by 1"),
    ("distinct visitors of a country by browser", "metrics=clicks,unique_visitors&country=DE&group_by=browser",
     f"select browser, {CLICKS}, count(distinct visitor) filter (where bot is null) from E where country = 'DE' group by 1"),
]


def python_of_peers():
    home = REPO / "target" / "peers"
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
    if subprocess.run([python, "-c", "import duckdb"], capture_output=True).returncode:
        subprocess.run([python, "-m", "pip", "install", "--quiet", "duckdb"], check=True)
    return python


def port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Installation:
    def __init__(self, binary, folder):
        self.data, self.collect, self.api = folder / "data", port(), port()
        command = [binary, "up", "--data-dir", self.data, "--collect-addr", f"127.0.0.1:{self.collect}", "--api-addr", f"127.0.0.1:{self.api}",
                   "--operator-addr", f"127.0.0.1:{port()}", "--rollup-schedule", NEVER, "--forecast-schedule", NEVER, "--audit-schedule", NEVER]
        env = dict(os.environ, MILLRACE_ADMIN_TOKEN=TOKEN)
        self.process = subprocess.Popen(command, env=env, stdout=open(folder / "log", "w"), stderr=subprocess.STDOUT)
        self.key = TOKEN
        while True:
            try:
                self.ask("GET", "/health/ready")
                return
            except OSError:
                time.sleep(0.1)

    def ask(self, method, path, body=None, accept="application/json"):
        connection = http.client.HTTPConnection("127.0.0.1", self.api, timeout=900)
        headers = {"Authorization": f"Bearer {self.key}", "Accept": accept, "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status >= 300 and path.startswith("/v1"):
            raise SystemExit(f"{method} {path}: {answer.status} {content[:500]}")
        return json.loads(content) if accept == "application/json" and content[:1] in b"{[" else content

    def account(self, name):
        self.key = TOKEN
        made = self.ask("POST", "/v1/accounts", {"name": name})
        self.ask("PATCH", f"/v1/accounts/{made['id']}/quotas", {"requests_a_minute": 1_000_000})
        return made["id"], made["api_key"]

    def peak(self):
        lines = open(f"/proc/{self.process.pid}/status").read().splitlines()
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def line(what, *figures):
    print(f"{what:<44} " + "  ".join(figures), flush=True)


def body(chance, now):
    events = []
    for _ in range(AT_ONCE):
        at = datetime.datetime.fromtimestamp(now - chance.random() * 6.5 * 86_400, datetime.timezone.utc)
        events.append(json.dumps({
            "link": f"l{chance.randrange(50)}", "country": chance.choice(COUNTRIES), "sub1": f"s{chance.randrange(40)}",
            "user_agent": chance.choice(AGENTS), "occurred_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "visitor": f"v{chance.randrange(2_000_000)}"}))
    return gzip.compress("\n".join(events).encode(), 1)


def send(installation, key, count):
    chance, now = random.Random(1), time.time()
    bodies = [body(chance, now) for _ in range(min(BODIES, count // AT_ONCE))]
    left, lock = [count // AT_ONCE], threading.Lock()

    def work():
        connection = http.client.HTTPConnection("127.0.0.1", installation.collect, timeout=120)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
        while True:
            with lock:
                if left[0] == 0:
                    return
                left[0] -= 1
                at = left[0]
            while True:
                connection.request("POST", "/v1/events", bodies[at % len(bodies)], headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    break
                if answer.status != 503:
                    raise SystemExit(f"sent events are answered {answer.status}")
                time.sleep(float(answer.headers.get("Retry-After", 1)))

    senders, begin = [threading.Thread(target=work) for _ in range(SENDERS)], time.monotonic()
    [sender.start() for sender in senders]
    [sender.join() for sender in senders]
    took = time.monotonic() - begin
    line("recording", f"{count / took:,.0f} events/s")


def median(what):
    what()
    took = []
    for _ in range(TIMES):
        begin = time.monotonic()
        answer = what()
        took.append((time.monotonic() - begin) * 1e3)
    return statistics.median(took), max(took), answer


PEER = """
import duckdb, glob, json, statistics, sys, time
folder, times, days, questions = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3]), json.loads(sys.argv[4])
db = duckdb.connect(); db.execute("set timezone = 'UTC'")
files = glob.glob(folder + "/**/*.parquet", recursive=True)
account = sys.argv[5]
db.execute(f"create view E as select * from read_parquet({files!r}) where account = '{account}' and time >= '{days[0]}' and time < '{days[1]}'")
for sql in questions:
    took, rows = [], []
    for _ in range(times + 1):
        begin = time.monotonic(); rows = db.execute(sql).fetchall(); took.append((time.monotonic() - begin) * 1e3)
    print(json.dumps([statistics.median(took[1:]), sorted([*map(str, row)] for row in rows)]))
"""


def rows_of(answer):
    """Rows as the peer has them."""
    rows = []
    for row in answer["results"]:
        if row.get("time"):
            if row["clicks"]:
                rows.append([row["time"].replace("T", " ").replace("Z", "+00:00"), str(row["clicks"])])
        else:
            rows.append([str(value) for value in row.values()])
    return sorted(rows)


def ask_all(installation, python, account, days):
    within = f"&start={days[0]}&end={days[1]}"
    sql = [peer for _, _, peer in QUESTIONS if peer]
    told = subprocess.run([python, "-c", PEER, installation.data / "store" / "events", str(TIMES), json.dumps(days), json.dumps(sql), account],
                          capture_output=True, text=True, check=True).stdout.splitlines()
    peers, differs = [json.loads(one) for one in told], False
    for what, query, peer in QUESTIONS:
        middle, most, answer = median(lambda: installation.ask("GET", f"/v1/stats?{query}{within}"))
        figures = [f"{answer['meta']['source']:<7}", f"{middle:8.1f} ms (slowest {most:.1f})"]
        if peer:
            of_peer, rows = peers.pop(0)
            figures.append(f"DuckDB {of_peer:7.1f} ms, ratio {middle / of_peer:.2f}")
            if rows_of(answer) != rows:
                differs = True
                figures.append("DIFFERENT")
        line(what, *figures)
    return differs


def files(installation, day):
    for form in ["application/x-ndjson", "text/csv", "application/vnd.apache.parquet"]:
        begin = time.monotonic()
        content = installation.ask("GET", f"/v1/events?start={day}&end={day}T23:59:00Z", accept=form)
        took = time.monotonic() - begin
        line(f"a file of a day, {form}", f"{len(content) / 1e6:.1f} MB in {took:.2f} s: {len(content) / 1e6 / took:.0f} MB/s")


async def listen(installation, keys, until, behind):
    async def one(key):
        reader, writer = await asyncio.open_connection("127.0.0.1", installation.api)
        writer.write(f"GET /v1/live HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nAccept: text/event-stream\r\n\r\n".encode())
        while time.time() < until:
            text = await asyncio.wait_for(reader.readline(), 30)
            if text.startswith(b"data:"):
                at = json.loads(text[5:])["now"].replace("Z", "+00:00")
                behind.append(time.time() - datetime.datetime.fromisoformat(at).timestamp())
        writer.close()
    await asyncio.gather(*[one(key) for key in keys for _ in range(OF_EACH)])


def streams(installation):
    keys = [installation.account(f"listener {n}")[1] for n in range(LISTENERS)]
    behind = []
    asyncio.run(listen(installation, keys, time.time() + SECONDS, behind))
    behind.sort()
    at = lambda part: behind[min(len(behind) - 1, int(len(behind) * part))] * 1e3
    line(f"{LISTENERS * OF_EACH:,} live streams", f"{len(behind) / SECONDS:,.0f} messages/s, behind by {at(0.5):.0f} ms (p50), {at(0.99):.0f} ms (p99), {at(1):.0f} ms (most)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--binary", type=Path)
    parser.add_argument("--dir", type=Path)
    arguments = parser.parse_args()
    binary = arguments.binary
    if binary is None:
        subprocess.run(["cargo", "build", "--release", "--bin", "millrace"], cwd=REPO, check=True)
        binary = Path(os.environ.get("CARGO_TARGET_DIR", REPO / "target")) / "release" / "millrace"
    python = python_of_peers()
    folder = Path(tempfile.mkdtemp(prefix="millrace-questions-", dir=arguments.dir))
    installation = Installation(binary, folder)
    try:
        account, key = installation.account("questions")
        installation.key = key
        links = [{"slug": f"l{n}", "destination": "https://e.example/"} for n in range(50)]
        installation.ask("POST", "/v1/links/bulk", links)
        time.sleep(2)
        send(installation, key, arguments.events)
        begin = time.monotonic()
        installation.key = TOKEN
        installation.ask("POST", "/v1/jobs/rollup/runs?close_epochs=true&wait=true")
        line("the rollup that settles them at once", f"{time.monotonic() - begin:.1f} s")
        installation.key = key
        today = datetime.datetime.now(datetime.timezone.utc).date()
        days = [str(today - datetime.timedelta(7)), str(today + datetime.timedelta(1))]
        differs = ask_all(installation, python, account, days)
        files(installation, str(today - datetime.timedelta(2)))
        line("memory of the process at most", f"{installation.peak():,} MB")
        streams(installation)
    finally:
        installation.stop()
        shutil.rmtree(folder)
    sys.exit(1 if differs else 0)


if __name__ == "__main__":
    main()
