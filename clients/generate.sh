#!/usr/bin/env bash
# Makes the clients of docs/openapi.json. Needs python3 with venv, and npx.
set -euo pipefail
cd "$(dirname "$0")"

document="../docs/openapi.json"
tools="${XDG_CACHE_HOME:-$HOME/.cache}/millrace/generators-1"
if [ ! -e "$tools/complete" ]; then
    python3 -m venv --clear "$tools"
    "$tools/bin/pip" install -q openapi-python-client==0.29.1
    touch "$tools/complete"
fi

rm -rf python/millrace_client
"$tools/bin/openapi-python-client" generate --meta none --overwrite \
    --path "$document" --output-path python/millrace_client
npx -y openapi-typescript@7.13.0 "$document" -o typescript/schema.ts
sha256sum < "$document" | cut -d ' ' -f 1 > openapi.sha256
