#!/usr/bin/env bash
# All that concerns Ballista, which the rest of the repository does not compile: 20 minutes on 2 cores at first.
set -euo pipefail
cd "$(dirname "$0")"
cargo fmt --check
cargo clippy --tests --locked -- -D warnings
cargo test --locked -- --nocapture --test-threads 1 "$@"
