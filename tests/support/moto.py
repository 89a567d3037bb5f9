"""The S3 server of moto, one request at a time: it looks whether an object exists and writes it in
two steps, so that of two conditional PUTs at once both may succeed, which S3 rules out."""

import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

moto = DomainDispatcherApplication(create_backend_app)
turn = threading.Lock()


def one_at_a_time(environ, start_response):
    with turn:
        return list(moto(environ, start_response))


host = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
run_simple(host, int(sys.argv[1]), one_at_a_time, threaded=True)
