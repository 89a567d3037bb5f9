"""Makes a link, counts a click on it, and asks for its numbers.

    MILLRACE_KEY=… python example.py [API [COLLECTOR]]
"""

import os
import sys
import time
import uuid

import httpx
from millrace_client.api.links import create_link
from millrace_client.api.numbers import get_stats
from millrace_client.client import AuthenticatedClient
from millrace_client.models import LinkBody, LinkView, Stats

api = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8081"
collector = sys.argv[2] if len(sys.argv) > 2 else "http://localhost:8080"
client = AuthenticatedClient(base_url=api, token=os.environ["MILLRACE_KEY"])

slug = f"example-{uuid.uuid4().hex[:8]}"
body = LinkBody.from_dict({"slug": slug, "destination": "https://example.com/"})
link = create_link.sync(client=client, body=body, idempotency_key=slug)
assert isinstance(link, LinkView), link
print("made", link.id, link.slug)

# The collector hears of it within a second.
browser = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
while (click := httpx.get(f"{collector}/{slug}", headers=browser)).status_code == 404:
    time.sleep(0.1)
print("counted", click.headers["millrace-event-id"])

while True:
    stats = get_stats.sync(client=client, link=slug, range_="today", metrics="clicks")
    assert isinstance(stats, Stats), stats
    if stats.totals.clicks == 1:
        break
    time.sleep(0.1)
print("clicks today:", stats.totals.clicks, "complete:", stats.meta.complete)
