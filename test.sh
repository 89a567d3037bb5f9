#!/usr/bin/env bash
# Runs all tests, and installs what they need where it is missing (Debian, as root or with sudo).
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
if [ "${#missing[@]}" -gt 0 ]; then
    sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    echo "installing: ${missing[*]}"
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
fi

cargo fmt --all --check
cargo clippy --workspace --all-targets --features storage/testing -- -D warnings
cargo test --workspace --features storage/testing "$@"
