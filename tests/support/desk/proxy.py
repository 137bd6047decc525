# SPDX-License-Identifier: LGPL-2.1-or-later
"""Between the relay and the centre: carries every exchange, or spoils one.

It shows the relay the centre's own TLS key and the centre the desk's, so neither side is told.
The message bodies stay sealed to it, as they are to any real network.
"""
import http.client
import http.server
import os
import ssl
import threading

# How an exchange is spoilt. Those of the first row come back to order when the relay tries again.
LOST_BEFORE = "lost-before"  # the request never arrives
LOST_AFTER = "lost-after"  # the centre committed, its answer is lost
DOUBLED = "doubled"  # the request arrives twice
TRUNCATED = "truncated"  # half of the answer's body, the length as sent
CUT_SHORT = "cut-short"  # half of the answer's body with a matching length
BIT_FLIPPED = "bit-flipped"  # one bit of the answer's body
SWAPPED = "swapped"  # an answer that belongs to another visit
STALE = "stale"  # the answer to an earlier request of the same visit
GARBAGE = "garbage"  # 200 with any bytes
OVERSIZED = "oversized"  # 200 with more bytes than any message has
STATUS = "status-"  # + 409, 422, 503 …: a problem in place of the answer
REPLAYED = "replayed"  # lost, and delivered after a newer attempt has begun

MEDIA_PROBLEM = "application/problem+json"
SLUGS = {403: "terminal", 404: "not-found", 409: "running", 422: "key-reused", 503: "busy",
         500: "internal"}


class Exchange:
    """One POST or GET as it passed: number from 1, and what came of it."""

    def __init__(self, number, method, path, key, body):
        self.number = number
        self.method = method
        self.path = path
        self.key = key
        self.body = body
        self.status = None
        self.reply = b""

    @property
    def is_visit(self):
        return self.path.endswith("/visits")


class Plan:
    """Which exchange of a visit is spoilt, how, and whether for good.

    at: number of the visit's message since the plan was set, from 1; kind: see above;
    lasting: every later exchange of the visit is lost too, until the plan is cleared.
    """

    def __init__(self, at, kind, lasting=False):
        self.at = at
        self.kind = kind
        self.lasting = lasting


class Proxy:
    """Listens on 127.0.0.1 until closed; url is what the relay is told."""

    def __init__(self, centre_port, server_cert, server_key, client_cert, client_key):
        self.centre_port = centre_port
        self.exchanges = []
        self.foreign_reply = b""  # for SWAPPED
        self.n_spoilt = 0
        self._plan = None
        self._n_visit = 0
        self._seen_keys = {}
        self._kept = None  # a request that waits for REPLAYED
        self._strike = None  # (number, moment, function)
        self._lock = threading.Lock()
        self.client = ssl.create_default_context()
        self.client.check_hostname = False
        self.client.verify_mode = ssl.CERT_NONE
        self.client.load_cert_chain(client_cert, client_key)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(server_cert, server_key)
        self._httpd = _Server(("127.0.0.1", 0), _handler_for(self), server)
        self.url = f"https://127.0.0.1:{self._httpd.server_address[1]}"
        self._thread = threading.Thread(target=self._httpd.serve_forever, daemon=True,
                                        kwargs={"poll_interval": 0.05})
        self._thread.start()

    @classmethod
    def between(cls, stack):
        """In the path between the clerk's relay and the centre of this stack, which is not told of it yet."""
        desk, centre = stack.path(stack.desk, "relay"), stack.path("centre", "keys")
        return cls(stack.port, os.path.join(centre, "tls.crt"), os.path.join(centre, "tls.key"),
                   os.path.join(desk, "tls.crt"), os.path.join(desk, "tls.key"))

    def close(self):
        self._httpd.shutdown()
        self._httpd.server_close()
        self._thread.join()

    def spoil(self, plan):
        """Sets the plan (None: carry everything) and counts the visit's messages from 1 again."""
        with self._lock:
            self._plan = plan
            self._n_visit = 0
            self._seen_keys = {}
            self._kept = None
            self._strike = None
            self.n_spoilt = 0

    def strike_at(self, at, moment, function, plan=None):
        """Calls function before or after the at-th message of the visit passes the centre, besides the plan."""
        self.spoil(plan)
        with self._lock:
            self._strike = (at, moment, function)

    # ---- one exchange ----------------------------------------------------------------------------

    def carry(self, method, path, headers, body):
        """(status, media type, body) for the relay, or None to hang up on it."""
        key = headers.get("Idempotency-Key", "")
        with self._lock:
            exchange = Exchange(len(self.exchanges) + 1, method, path, key, body)
            self.exchanges.append(exchange)
            kind = self._fault_of(exchange)
            if kind:
                self.n_spoilt += 1
        self._strike_now(exchange, "before")
        answer = self._spoilt(exchange, headers, kind) if kind else self._ask(exchange, headers)
        self._strike_now(exchange, "after")
        if answer is not None:
            exchange.status, _, exchange.reply = answer[:3]
        return answer

    def _fault_of(self, exchange):
        """None, or what spoils it. Counts the visit's messages; a second try of the relay is no new one."""
        plan = self._plan
        if not exchange.is_visit:
            return None
        is_again = exchange.key in self._seen_keys
        if not is_again:
            self._n_visit += 1
            self._seen_keys[exchange.key] = self._n_visit
        number = self._seen_keys[exchange.key]
        if plan is None:
            return None
        if number == plan.at and (plan.lasting or not is_again):
            return plan.kind
        return LOST_BEFORE if plan.lasting and number > plan.at else None

    def _strike_now(self, exchange, moment):
        with self._lock:
            strike = self._strike
            if strike is None or not exchange.is_visit or strike[1] != moment:
                return
            if self._seen_keys.get(exchange.key) != strike[0]:
                return
            self._strike = None
            self.n_spoilt += 1
        strike[2]()

    def _ask(self, exchange, headers):
        self._deliver_kept(exchange)
        connection = http.client.HTTPSConnection("127.0.0.1", self.centre_port, timeout=60,
                                                 context=self.client)
        passed = {name: headers[name] for name in ("Content-Type", "Idempotency-Key", "Accept")
                  if name in headers}
        try:
            connection.request(exchange.method, exchange.path, exchange.body or None, passed)
            answer = connection.getresponse()
            return answer.status, answer.headers.get("Content-Type", ""), answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def _deliver_kept(self, newer):
        """After the first message of a newer attempt went through, the delayed one arrives."""
        with self._lock:
            kept, self._kept = self._kept, None
        if kept is None:
            return
        exchange, headers = kept
        if newer.is_visit and newer.key != exchange.key:
            self._late = self._ask(exchange, headers)
        else:
            with self._lock:
                self._kept = kept

    def _earlier_reply(self, exchange):
        for earlier in reversed(self.exchanges[:exchange.number - 1]):
            if earlier.is_visit and earlier.status == 200 and earlier.key != exchange.key:
                return earlier.reply
        return self.foreign_reply

    def _spoilt(self, exchange, headers, kind):
        if kind == LOST_BEFORE:
            return None
        if kind == REPLAYED:
            with self._lock:
                self._kept = (exchange, headers)
            return None
        if kind.startswith(STATUS):
            return self._problem(int(kind[len(STATUS):]))
        if kind == DOUBLED:
            self._ask(exchange, headers)
        answer = self._ask(exchange, headers)
        if answer is None or kind == LOST_AFTER:
            return None
        status, media, body = answer
        half = body[:len(body) // 2]
        changed = {
            DOUBLED: body,
            TRUNCATED: half,
            CUT_SHORT: half,
            BIT_FLIPPED: half[:-1] + bytes([half[-1] ^ 1 if half else 0]) + body[len(half):],
            SWAPPED: self.foreign_reply,
            STALE: self._earlier_reply(exchange),
            GARBAGE: bytes(range(256)),
            OVERSIZED: b"\x30" * 200000,
        }[kind]
        if kind == TRUNCATED:
            return status, media, changed, len(body)
        return status, media, changed

    @staticmethod
    def _problem(status):
        slug = SLUGS.get(status, "internal")
        body = (f'{{"type":"urn:madoguchi:problem:{slug}","title":"made by a test",'
                f'"status":{status}}}').encode()
        return status, MEDIA_PROBLEM, body


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address, handler, context):
        super().__init__(address, handler)
        self._context = context

    def finish_request(self, request, client_address):
        """The handshake runs in the connection's own thread."""
        try:
            with self._context.wrap_socket(request, server_side=True) as connection:
                self.RequestHandlerClass(connection, client_address, self)
        except (OSError, ValueError):
            pass  # the relay hung up

    def handle_error(self, request, client_address):
        pass


def _handler_for(proxy):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_):
            pass

        def _pass(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            if len(body) < length:
                self.close_connection = True
                return
            answer = proxy.carry(self.command, self.path, self.headers, body)
            if answer is None:
                self.close_connection = True
                return
            status, media, reply, *stated = answer
            self.send_response(status)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(stated[0] if stated else len(reply)))
            self.end_headers()
            self.wfile.write(reply)
            if stated:
                self.close_connection = True

        do_GET = do_POST = _pass

    return Handler
