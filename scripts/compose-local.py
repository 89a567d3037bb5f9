#!/usr/bin/env python3
"""Start the services of docker-compose.yml as plain processes, with the commands, settings and health checks that are in it.

    python3 scripts/compose-local.py --binary target/release/millrace --store-command rustfs

For machines without Docker, and to try the file out. Each service has a loopback address of its own in the place of its name (127.A.B.1 and so
on, A and B by the process, so that several installations do not meet), so that ports are those of the file. Values are read from the environment, then from .env. The images of Redis and of the store are not used:
redis-server must be installed, and --store-command starts a store; {host}, {port} and {folder} in it are its address and its data. Prints the
address of each service when it is healthy; ends with all of them at Ctrl-C. Needs PyYAML and Linux.
"""
import argparse, os, re, shlex, signal, subprocess, sys, tempfile, time
from pathlib import Path

import yaml

REPO = Path(__file__).resolve().parents[1]
VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?:(:[-?])([^}]*))?\})")


def settings(path):
    """The lines of a .env file, under those of the environment."""
    lines = path.read_text().splitlines() if path.exists() else []
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {**{name: value for name, value in pairs}, **os.environ}


def filled(value, env):
    """What Compose makes of `${NAME:-default}`, `${NAME:?message}` and `$$`."""
    def put(match):
        dollar, name, how, text = match.groups()
        if dollar:
            return "$"
        if env.get(name):
            return env[name]
        if how == ":-":
            return text
        sys.exit(f"{name}: {text or 'is not set'}")
    if isinstance(value, dict):
        return {key: filled(item, env) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, env) for item in value]
    return VARIABLE.sub(put, value) if isinstance(value, str) else value


def seconds(text, default):
    return float(text.rstrip("s")) if text else default


class Service:
    def __init__(self, name, spec, number, site):
        self.name, self.spec, self.site = name, spec, site
        self.host = f"{site.network}.{number}"
        self.folder = site.folder / name
        self.folder.mkdir(exist_ok=True)
        self.process = None

    def text(self, value):
        """A value as it is outside a container: addresses instead of names, its own folder instead of its volume."""
        value = str(value).replace("0.0.0.0", self.host).replace("127.0.0.1", self.host)
        for other in self.site.services.values():
            value = re.sub(rf"(?<=[/@]){other.name}(?=:\d)", other.host, value)
        return re.sub(r"^/data\b", str(self.folder), value)

    def env(self):
        own = {name: self.text(value) for name, value in (self.spec.get("environment") or {}).items()}
        image = {"MILLRACE_DATA_DIR": self.folder, "MILLRACE_COLLECT_ADDR": f"{self.host}:8080", "MILLRACE_API_ADDR": f"{self.host}:8081",
                 "MILLRACE_OPERATOR_ADDR": f"{self.host}:8082"}
        return {"PATH": os.environ["PATH"], **{name: str(value) for name, value in image.items()}, **own}

    def command(self):
        command = [self.text(part) for part in self.spec.get("command") or []]
        if entrypoint := self.spec.get("entrypoint"):
            return [*entrypoint, *command]
        if "build" in self.spec:
            return [self.site.args.binary, *command]
        if command[:1] == ["redis-server"]:
            return [*command, "--bind", self.host, "--dir", str(self.folder)]
        port = self.env()["RUSTFS_ADDRESS"].rsplit(":", 1)[1]
        made = self.site.args.store_command.format(host=self.host, port=port, folder=self.folder)
        return shlex.split(made)

    def start(self):
        # Ctrl-C is told to this script alone, which ends them in their order.
        ignore = lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)
        with open(self.site.folder / f"{self.name}.log", "ab") as log:
            self.process = subprocess.Popen(self.command(), env=self.env(), cwd=self.folder, stdout=log, stderr=log, preexec_fn=ignore)

    def fail(self, why):
        log = (self.site.folder / f"{self.name}.log").read_text(errors="replace")
        raise SystemExit(f"{self.name} {why}:\n{log[-2000:]}")

    def wait(self, condition):
        """Until it is as `depends_on` demands, or as its health check says."""
        end = time.time() + self.site.args.patience
        check = self.spec.get("healthcheck")
        while time.time() < end:
            status = self.process.poll()
            if condition == "service_completed_successfully" and status is not None:
                return status == 0 or self.fail(f"ended with {status}")
            if condition != "service_completed_successfully":
                if status is not None:
                    self.fail(f"ended with {status}")
                if not check or self.is_healthy(check):
                    return
            time.sleep(0.1)
        self.fail(f"is not as it should be after {self.site.args.patience} s ({condition})")

    def is_healthy(self, check):
        kind, *command = check["test"]
        assert kind == "CMD", check
        command = [self.text(part) for part in command]
        if command[0] == "redis-cli":
            command[1:1] = ["-h", self.host]
        if self.site.args.store_health and "build" not in self.spec and command[0] == "curl":
            command[-1] = self.site.args.store_health.format(host=self.host, port=self.env()["RUSTFS_ADDRESS"].rsplit(":", 1)[1])
        try:
            return subprocess.run(command, env=self.env(), capture_output=True, timeout=seconds(check.get("timeout"), 30)).returncode == 0
        except subprocess.TimeoutExpired:
            return False


class Site:
    def __init__(self, args):
        self.args, self.folder = args, Path(args.folder or tempfile.mkdtemp(prefix="millrace-compose-")).resolve()
        args.binary = str(Path(args.binary).resolve())
        self.network = f"127.{64 + os.getpid() // 250 % 128}.{os.getpid() % 250}"
        spec = filled(yaml.safe_load(Path(args.file).read_text()), settings(Path(args.env_file)))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.services = {}
        for number, (name, service) in enumerate(spec["services"].items(), 1):
            self.services[name] = Service(name, service, number, self)

    def up(self):
        for service in self.services.values():
            self.start(service)
        for service in self.services.values():
            # What only runs once has ended before those that depend on it began.
            if not self.runs_once(service.name):
                service.wait("service_healthy")
                print(f"{service.name} {service.host}", flush=True)
        print(f"all are up; logs and data are in {self.folder}", flush=True)

    def runs_once(self, name):
        needs = (service.spec.get("depends_on") or {} for service in self.services.values())
        return any(need.get(name, {}).get("condition") == "service_completed_successfully" for need in needs)

    def start(self, service):
        if service.process:
            return
        for name, how in (service.spec.get("depends_on") or {}).items():
            self.start(self.services[name])
            self.services[name].wait(how["condition"])
        service.start()

    def down(self):
        """In the opposite order, as long as each may take to drain."""
        for service in reversed(self.services.values()):
            if service.process and service.process.poll() is None and "build" in service.spec:
                service.process.send_signal(signal.SIGTERM)
        for service in sorted(self.services.values(), key=lambda s: "build" not in s.spec):
            if service.process and service.process.poll() is None:
                service.process.send_signal(signal.SIGTERM)
                try:
                    service.process.wait(seconds(service.spec.get("stop_grace_period"), 10))
                except subprocess.TimeoutExpired:
                    service.process.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", default=str(REPO / "docker-compose.yml"))
    parser.add_argument("--env-file", default=".env")
    parser.add_argument("--binary", default=str(REPO / "target/release/millrace"))
    parser.add_argument("--store-command", default="rustfs", help="starts an S3-compatible store")
    parser.add_argument("--store-health", help="address that answers when the store is up, if not the one of the file")
    parser.add_argument("--folder", help="for logs and data [default: a new one under /tmp]")
    parser.add_argument("--patience", type=float, default=120, help="seconds until each must be healthy")
    site = Site(parser.parse_args())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        site.up()
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        site.down()


if __name__ == "__main__":
    main()
