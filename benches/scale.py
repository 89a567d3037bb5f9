#!/usr/bin/env python3
"""Scale out on one machine: collectors and speed layers as processes of their own, over one Redis and over a cluster of three nodes.

    python3 benches/scale.py [--binary target/release/millrace] [--events 300000] [--pin]

For each number of collectors and speed layers it starts everything in a folder of its own, sends events over HTTP as fast as they are taken, and
prints: events a second taken and live, how long events waited until they were live (as the speed layers say at each flush) and how long after the
last was taken all were live; CPU microseconds an event by role; commands, bytes in and out of Redis an event, and its memory. With --pin collectors,
senders and speed layers share cores in turns, Redis has the last one. Needs redis-server and redis-cli. Nothing else should run meanwhile.
"""
import argparse, json, os, shutil, signal, socket, subprocess, sys, tempfile, time, urllib.request
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
NUMBERS = (1, 2, 4)
TICK = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count()


def free_port():
    # A cluster's bus is at the port + 10000.
    while True:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            if s.getsockname()[1] < 55000:
                return s.getsockname()[1]


def wait(what, done, seconds=60):
    end = time.time() + seconds
    while time.time() < end:
        try:
            if done():
                return
        except OSError:
            pass
        time.sleep(0.02)
    sys.exit(f"waited {seconds} s for {what}")


def cpu_of(process):
    fields = open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class Redis:
    """One server, or a cluster of three."""

    def __init__(self, folder, nodes, pin):
        self.ports, self.processes = [free_port() for _ in range(nodes)], []
        for port in self.ports:
            (folder / str(port)).mkdir()
            more = ["--cluster-enabled", "yes"] if nodes > 1 else []
            self.processes.append(start(["redis-server", "--port", str(port), "--save", "", "--dir", folder / str(port), *more], folder / "redis.log", {}, CORES - 1 if pin else None))
            wait("Redis", lambda: self.ask(port, "ping") == "PONG")
        if nodes > 1:
            addresses = [f"127.0.0.1:{port}" for port in self.ports]
            subprocess.run(["redis-cli", "--cluster", "create", *addresses, "--cluster-yes"], check=True, capture_output=True)
            wait("the cluster", lambda: all("cluster_state:ok" in self.ask(port, "cluster", "info") for port in self.ports))
        nodes = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        self.url = f"redis{'+cluster' if len(self.ports) > 1 else ''}://{nodes}"

    def ask(self, port, *command):
        return subprocess.run(["redis-cli", "-c", "-p", str(port), *command], capture_output=True, text=True).stdout.strip()

    def count(self):
        """Commands, bytes in, bytes out, CPU seconds, memory of all nodes."""
        found = [0, 0, 0, 0.0, 0]
        for port in self.ports:
            info = dict(line.split(":", 1) for line in self.ask(port, "info", "all").splitlines() if ":" in line)
            calls = sum(int(v.split("calls=")[1].split(",")[0]) for k, v in info.items() if k.startswith("cmdstat_"))
            for at, n in enumerate([calls, int(info["total_net_input_bytes"]), int(info["total_net_output_bytes"]), 0, int(info["used_memory"])]):
                found[at] += n
        found[3] = sum(map(cpu_of, self.processes))
        return found

    def checkpoints(self, logs):
        """What the speed layer has said of each log."""
        texts = (self.ask(self.ports[0], "get", f"mr:mark:{log}") for log in logs)
        return [json.loads(text) for text in texts if text]


def start(command, log, env, core):
    command = [str(part) for part in command]
    if core is not None:
        command = ["taskset", "-c", str(core % CORES), *command]
    with open(log, "ab") as out:
        return subprocess.Popen(command, stdout=out, stderr=out, env=dict(os.environ, **env))


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return answer.status


class Site:
    def __init__(self, args, folder, collectors, layers, nodes):
        self.args, self.folder, pin = args, folder, args.pin
        self.redis = Redis(folder, nodes, pin)
        self.store = f"file://{folder}/store"
        self.env = {"MILLRACE_ADMIN_TOKEN": "admin-token-of-the-scale-run-0123456789abcdef", "MILLRACE_SECRET": "5c" * 32}
        self.size = [f"--events={args.events}", "--accounts=2000", "--links=20000", "--days=1", f"--start-ms={int(time.time() * 1000) - 86_400_000}"]
        subprocess.run([args.binary, "bench", "fill", *self.size, "--prepare", f"--data-dir={folder}/prepare", f"--store-url={self.store}"],
                       check=True, env=dict(os.environ, **self.env), stdout=subprocess.DEVNULL)
        self.collectors, self.layers, self.doors = [], [], []
        for n in range(collectors):
            door, operator = free_port(), free_port()
            self.doors.append(door)
            self.collectors.append(self.run(f"collector-{n}", "collector", [f"--collect-addr=127.0.0.1:{door}", f"--operator-addr=127.0.0.1:{operator}"], n if pin else None))
        for n in range(layers):
            self.layers.append(self.run(f"speed-{n}", "speed", [f"--operator-addr=127.0.0.1:{free_port()}"], n + 1 if pin else None))
        for door in self.doors:
            wait("a collector", lambda: get(door, "/health/live") == 200)
        wait("all logs", lambda: len(self.logs()) == collectors and len(self.redis.checkpoints(self.logs())) == collectors)

    def run(self, name, role, more, core):
        command = [self.args.binary, "run", f"--roles={role}", f"--data-dir={self.folder}/{name}", f"--store-url={self.store}", f"--redis-url={self.redis.url}", *more]
        return start(command, self.folder / f"{name}.log", self.env, core)

    def logs(self):
        return [path.stem for path in (self.folder / "store" / "logs").glob("*.json")]

    def measure(self):
        before, used = self.redis.count(), [sum(map(cpu_of, group)) for group in (self.collectors, self.layers)]
        begin, events, doors = time.time(), self.args.events, self.doors
        cut = [events * n // len(doors) for n in range(len(doors) + 1)]
        senders = [start([self.args.binary, "bench", "fill", *self.size, f"--data-dir={self.folder}/fill-{n}", f"--from={cut[n]}", f"--upto={cut[n + 1]}",
                          f"--streams={64 // len(doors)}", f"--to=http://127.0.0.1:{door}"], self.folder / f"fill-{n}.log", self.env, None) for n, door in enumerate(doors)]
        lags, taken, logs = [], None, self.logs()
        while True:
            if taken is None and all(sender.poll() is not None for sender in senders):
                taken = time.time()
                if any(sender.returncode for sender in senders):
                    sys.exit(f"a sender failed: see {self.folder}/fill-*.log")
            checkpoints = self.redis.checkpoints(logs)
            lags += [checkpoint["lag_ms"] for checkpoint in checkpoints]
            if taken and sum(checkpoint["seq"] for checkpoint in checkpoints) >= events:
                break
            if taken and time.time() - taken > 120:
                sys.exit(f"not all is live after 120 s: {checkpoints}")
            time.sleep(0.02)
        live, after = time.time(), self.redis.count()
        lags.sort()
        commands, into, out, redis_cpu = [(b - a) / events for a, b in zip(before[:4], after[:4])]
        roles = [1e6 * (sum(map(cpu_of, group)) - b) / events for group, b in zip((self.collectors, self.layers), used)]
        return dict(taken_per_s=f"{events / (taken - begin):,.0f}", live_per_s=f"{events / (live - begin):,.0f}", lag_p50_ms=lags[len(lags) // 2], lag_max_ms=lags[-1],
                    live_after_s=f"{live - taken:.1f}", collector_us=f"{roles[0]:.1f}", speed_us=f"{roles[1]:.1f}", redis_us=f"{1e6 * redis_cpu:.1f}",
                    commands=f"{commands:.2f}", bytes_in=f"{into:.0f}", bytes_out=f"{out:.0f}", redis_MB=f"{after[4] / 1e6:.0f}")

    def stop(self):
        for process in [*self.layers, *self.collectors, *self.redis.processes]:
            process.send_signal(signal.SIGKILL)
            process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(REPO / "target/release/millrace"))
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--pin", action="store_true", help="give processes cores, in turns")
    parser.add_argument("--nodes", type=int, nargs="*", default=[1, 3], help="1: one Redis; 3: a cluster")
    args = parser.parse_args()
    for nodes in args.nodes:
        for collectors in NUMBERS:
            for layers in NUMBERS:
                folder = Path(tempfile.mkdtemp(prefix="millrace-scale-"))
                site = None
                try:
                    site = Site(args, folder, collectors, layers, nodes)
                    figures = site.measure()
                finally:
                    if site:
                        site.stop()
                shutil.rmtree(folder)
                print(f"{nodes} Redis, {collectors} collectors, {layers} speed layers: " + "  ".join(f"{k.replace('_', ' ')} {v}" for k, v in figures.items()), flush=True)


if __name__ == "__main__":
    main()
