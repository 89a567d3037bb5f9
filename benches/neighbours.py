#!/usr/bin/env python3
"""What a tenant notices of another one who attacks what all share: quotas, attacks, figures.

    python3 benches/neighbours.py [--binary target/release/millrace] [--redis]

It starts `millrace up` in a folder of its own (with --redis over a redis-server that it starts with 200 MB) and lets one account follow its
links, send events, ask for numbers and count how soon a click is seen, while another one floods. Prints, for each attack, what was answered to
it, and the victim's times beside those of the quiet installation. Nothing else should run meanwhile.
"""
import argparse, collections, gzip, http.client, json, os, random, shutil, signal, socket, subprocess, sys, tempfile, threading, time
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
ADMIN = "admin-token-of-the-neighbours-0123456789abcdef"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"
SECONDS = 8


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Site:
    def __init__(self, binary, redis):
        self.folder = Path(tempfile.mkdtemp(prefix="millrace-neighbours-"))
        self.collect, self.api, operator = free_port(), free_port(), free_port()
        more, self.redis = [], None
        if redis:
            port = free_port()
            self.redis = subprocess.Popen(["redis-server", "--port", str(port), "--save", "", "--maxmemory", "200mb", "--maxmemory-policy", "noeviction"],
                                          stdout=subprocess.DEVNULL, cwd=self.folder)
            more = ["--redis-url", f"redis://127.0.0.1:{port}"]
            wait(lambda: socket.create_connection(("127.0.0.1", port), 1).close() is None)
        log = open(self.folder / "up.log", "wb")
        self.process = subprocess.Popen(
            [binary, "up", f"--data-dir={self.folder}/data", f"--collect-addr=127.0.0.1:{self.collect}", f"--api-addr=127.0.0.1:{self.api}",
             f"--operator-addr=127.0.0.1:{operator}", *more], stdout=log, stderr=log, env=dict(os.environ, MILLRACE_ADMIN_TOKEN=ADMIN))
        wait(lambda: self.call("GET", self.api, "/health/ready", None)[0] == 200)

    def call(self, method, port, path, key, body=None, timeout=60, headers={}):
        """Status and body of a request of its own connection."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        try:
            headers = {"user-agent": CHROME, **headers}
            if key:
                headers["authorization"] = f"Bearer {key}"
            if body is not None and not isinstance(body, bytes):
                body, headers["content-type"] = json.dumps(body).encode(), "application/json"
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def ask(self, method, path, key, body=None):
        status, text = self.call(method, self.api, path, key, body)
        assert status < 300, (path, status, text[:300])
        return json.loads(text)

    def memory(self):
        text = open(f"/proc/{self.process.pid}/status").read()
        return int(text.split("VmRSS:")[1].split()[0]) // 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        if self.redis:
            self.redis.terminate()
        shutil.rmtree(self.folder)


def wait(done, limit=60):
    end = time.time() + limit
    while time.time() < end:
        try:
            if done():
                return
        except OSError:
            pass
        time.sleep(0.05)
    sys.exit("it does not become ready")


class Tenant:
    def __init__(self, site, name):
        self.site, self.name = site, name
        self.key = site.ask("POST", "/v1/accounts", ADMIN, {"name": name})["api_key"]
        site.ask("POST", "/v1/links", self.key, {"slug": name, "destination": "https://example.com/"})
        self.goal = site.ask("POST", "/v1/goals", self.key, {"name": name, "currency": "EUR"})["id"]

    def send(self, events):
        return self.site.call("POST", self.site.collect, "/v1/events", self.key, gzip.compress("\n".join(map(json.dumps, events)).encode(), 1),
                              headers={"content-encoding": "gzip", "content-type": "application/x-ndjson"})

    def clicks(self):
        return self.site.ask("GET", "/v1/stats?metrics=clicks&range=today", self.key)["totals"]["clicks"]


def percentile(times, share):
    times = sorted(times)
    return times[min(len(times) - 1, int(len(times) * share))] * 1000


def victim(tenant, seconds=SECONDS):
    """What a quiet tenant sees: milliseconds at the median and the 99th percentile, and at most until a click is counted."""
    site, times, failed, end = tenant.site, collections.defaultdict(list), collections.Counter(), time.time() + seconds

    def loop(what, pause, act):
        while time.time() < end:
            begin = time.perf_counter()
            try:
                if act() is False:
                    failed[what] += 1
            except Exception as error:
                failed[what] += 1
            times[what].append(time.perf_counter() - begin)
            time.sleep(pause)

    def seen():
        before = tenant.clicks()
        site.call("GET", site.collect, f"/{tenant.name}", None, timeout=10)
        limit = time.time() + 20
        while tenant.clicks() <= before:
            if time.time() > limit:
                return False
    event = [{"type": "click", "link": tenant.name, "user_agent": CHROME}]
    acts = {
        "redirect": (0.01, lambda: site.call("GET", site.collect, f"/{tenant.name}", None, timeout=10)[0] == 302),
        "events": (0.1, lambda: tenant.send(event)[0] == 200),
        "numbers": (0.1, lambda: site.call("GET", site.api, "/v1/stats?metrics=clicks&range=7d&interval=day", tenant.key, timeout=20)[0] == 200),
        "bulk": (0.3, lambda: site.call("POST", site.api, "/v1/links/bulk", tenant.key, [{"destination": "https://example.com/"}], timeout=20)[0] == 200),
    }
    threads = [threading.Thread(target=loop, args=(what, *act)) for what, act in acts.items()]
    [t.start() for t in threads]
    [t.join() for t in threads]
    # Its own clicks would count for it, so it looks when they are over.
    begin = time.perf_counter()
    if seen() is False:
        failed["seen"] += 1
    times["seen"].append(time.perf_counter() - begin)
    return {what: (percentile(t, 0.5), percentile(t, 0.99), len(t), failed[what]) for what, t in times.items()}


class Attack:
    """Runs `act` in so many threads until it is over, and counts what is answered."""

    def __init__(self, act, threads=4):
        self.answers, self.over = collections.Counter(), threading.Event()

        def loop(n):
            i = n
            while not self.over.is_set():
                try:
                    self.answers[act(i)] += 1
                except Exception as error:
                    self.answers[type(error).__name__] += 1
                i += threads
        self.threads = [threading.Thread(target=loop, args=(n,), daemon=True) for n in range(threads)]

    def __enter__(self):
        [t.start() for t in self.threads]
        return self

    def __exit__(self, *_):
        self.over.set()
        [t.join(30) for t in self.threads]


def hold(port, head, body=b""):
    """A connection that sends a part and waits."""
    s = socket.create_connection(("127.0.0.1", port), 5)
    s.sendall(head.encode() + body)
    return s


def attacks(site, bad):
    """Name and what is done in one turn; gives what was answered, by turn number."""
    def keys(i):
        status, text = bad.send([{"type": "click", "link": bad.name, "idempotency_key": f"{i}-{n}-{'x' * 200}"} for n in range(10_000)])
        told = json.loads(text) if status == 200 else {}
        return f"{status} {'refused' if told.get('rejected') else 'taken'}"

    def objects(i):
        links = [{"destination": f"https://example.com/{'y' * 1900}", "slug": f"s-{i}-{n}"} for n in range(1_000)]
        return site.call("POST", site.api, "/v1/links/bulk", bad.key, links)[0]

    def referrers(i):
        return bad.send([{"type": "click", "link": bad.name, "user_agent": CHROME, "referrer": f"https://{random.getrandbits(60):x}.example/"} for _ in range(5_000)])[0]

    def agents(i):
        return bad.send([{"type": "click", "link": bad.name, "user_agent": "Mozilla/5.0 (" + "".join(random.choices("abcdefgh; /", k=2_000)) + ")"} for _ in range(2_000)])[0]

    def days(i):
        times = range(0, 9_820 * 86_400_000, 86_400_000)
        return bad.send([{"type": "click", "link": bad.name, "user_agent": CHROME, "occurred_at": 900_000_000_000 + t % 800_000_000_000} for t in times])[0]

    def questions(i):
        return site.call("GET", site.api, "/v1/stats?metrics=value&interval=hour&range=800d", bad.key)[0]

    def slow_bulk(i):
        s = hold(site.api, f"POST /v1/links/bulk HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {bad.key}\r\ncontent-type: application/json\r\ncontent-length: 9000000\r\n\r\n", b"{" + b" " * 4_000_000)
        return answered(s)

    def half_forms(goal):
        def act(i):
            s = hold(site.collect, f"POST /c/{goal} HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 65000\r\n\r\n", b"a" * 64_000)
            return answered(s)
        return act

    def half_events(i):
        s = hold(site.collect, f"POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {bad.key}\r\ncontent-type: application/json\r\ncontent-length: 10000000\r\n\r\n", b" " * 9_000_000)
        return answered(s)

    def streams(i):
        s = hold(site.api, f"GET /v1/live HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {bad.key}\r\n\r\n")
        return answered(s)

    def answered(s):
        s.settimeout(SECONDS)
        try:
            return s.recv(64)[9:12].decode()
        except OSError:
            return "held"
        finally:
            s.close()
    return [("10,000 keys a request", keys, 4), ("1,000 links of 2 kB a request", objects, 4), ("random referrers", referrers, 4), ("agents of 2 kB", agents, 4),
            ("9,820 days a request", days, 2), ("800 days by hour", questions, 16), ("100 slow bulk bodies of 4 MB", slow_bulk, 100), ("half forms, no such goal", half_forms("gol_0000000000009"), 500),
            ("half forms to its goal", half_forms(bad.goal), 1500), ("40 half bodies of 9 MB", half_events, 40), ("300 live streams", streams, 300)]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--binary", default=REPO / "target/release/millrace")
    options.add_argument("--redis", action="store_true")
    options.add_argument("--only", default="")
    options = options.parse_args()
    site = Site(options.binary, options.redis)
    try:
        good, bad = Tenant(site, "good"), Tenant(site, "bad")
        victim(good, 3)
        whats = ["redirect", "events", "numbers", "bulk", "seen"]
        tell = lambda name, figures, said: print(
            f"| {name} | {said} | " + " | ".join(f"{figures[w][0]:.1f} / {figures[w][1]:.1f}" + (f" ({figures[w][3]} of {figures[w][2]} refused)" if figures[w][3] else "") for w in whats) + f" | {site.memory()} MB |", flush=True)
        print("| attack of one account, for 8 s | what it is answered | another's redirect, p50 / p99 ms | its events | its numbers | its bulk | a click is seen after | memory |\n|---|---|---|---|---|---|---|---|")
        tell("none", victim(good), "")
        for name, act, threads in attacks(site, bad):
            if options.only and not any(o in name for o in options.only.split(",")):
                continue
            with Attack(act, threads) as attack:
                figures = victim(good)
            tell(name, figures, ", ".join(f"{what}: {count}" for what, count in attack.answers.most_common(4)))
    finally:
        site.stop()


if __name__ == "__main__":
    main()
