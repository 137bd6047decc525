#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The centre over real TLS: who is refused before a body is read, and what any bytes do to it.

The client is Python's ssl (OpenSSL), the server GnuTLS: two independent stacks.
"""
import http.client
import json
import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.join(os.environ["MADO_TOP_BUILDDIR"], "central", "madoguchi-central")
MEDIA = {"Content-Type": "application/pkcs7-mime", "Idempotency-Key": '"00"'}
LIMIT = 65536
RESULTS = []


def report(name, good, why=""):
    RESULTS.append(good)
    print(f"{'ok' if good else 'not ok'} {len(RESULTS)} - {name}")
    if not good:
        print(f"# {why}")
    sys.stdout.flush()


def run(*args, data=None, check=True):
    result = subprocess.run(args, input=data, capture_output=True, check=False)
    if check and result.returncode != 0:
        raise RuntimeError(f"{args}: {result.stderr.decode()}")
    return result


class Centre:
    """A centre in a scratch folder, serving on a port of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.config = os.path.join(folder, "c", "central.conf")
        self.process = None
        self.port = 0
        run(PROGRAM, "init", "--dir", self.path("c"), "--training", "--desk", self.path("d"),
            "--listen", "127.0.0.1:0")

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def command(self, name, *args, check=True):
        return run(PROGRAM, name, "--config", self.config, *args, check=check)

    def start(self):
        self.process = subprocess.Popen([PROGRAM, "serve", "--config", self.config], stdout=subprocess.PIPE,
                                        stderr=open(self.path("serve.log"), "ab"))
        line = self.process.stdout.readline().decode()
        self.port = int(line.rsplit(":", 1)[1])

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        status = self.process.wait(timeout=60)
        self.process.stdout.close()
        return status

    def context(self, certificate=None, key=None):
        context = ssl.create_default_context(cafile=self.path("d/relay/centre-ca.crt"))
        if certificate:
            context.load_cert_chain(certificate, key)
        return context

    def desk(self, folder="d"):
        return self.context(self.path(folder, "relay/tls.crt"), self.path(folder, "relay/tls.key"))

    def connect(self, context):
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=60)

    def ask(self, context, method, path, body=None, headers=None):
        connection = self.connect(context)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.getheader("Content-Type")
        finally:
            connection.close()


def problem(answer):
    status, body, media = answer
    if media != "application/problem+json":
        return status, None
    return status, json.loads(body)["type"].rsplit(":", 1)[1]


def head_only(centre, context, path, length):
    """Sends headers that announce a body and never the body: an answer means that it was not waited for."""
    raw = context.wrap_socket(socket.create_connection(("127.0.0.1", centre.port), timeout=60),
                              server_hostname="127.0.0.1")
    with raw:
        raw.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/pkcs7-mime\r\n"
                    f"Idempotency-Key: \"00\"\r\nContent-Length: {length}\r\n\r\n".encode())
        return raw.recv(4096).split(b"\r\n", 1)[0].decode()


def make_certificate(centre, name, cn="D001", ca=None, usage="clientAuth", start=None, end=None):
    """A client certificate under the relay CA, or one of its own; by openssl alone."""
    key = centre.path(name + ".key")
    request = centre.path(name + ".csr")
    out = centre.path(name + ".crt")
    run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
        "-out", request, "-subj", f"/CN={cn}")
    extensions = centre.path(name + ".ext")
    with open(extensions, "w", encoding="ascii") as file:
        file.write(f"basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage={usage}\n")
    if ca is None:
        run("openssl", "x509", "-req", "-in", request, "-signkey", key, "-days", "30", "-extfile", extensions,
            "-out", out)
        return out, key
    folder = centre.path(name + ".ca")
    os.mkdir(folder)
    open(os.path.join(folder, "index.txt"), "w", encoding="ascii").close()
    config = os.path.join(folder, "ca.cnf")
    with open(config, "w", encoding="ascii") as file:
        file.write("[ca]\ndefault_ca=a\n[a]\n"
                   f"database={folder}/index.txt\nnew_certs_dir={folder}\nrand_serial=yes\n"
                   "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
    run("openssl", "ca", "-batch", "-config", config, "-notext", "-cert", ca + ".crt", "-keyfile", ca + ".key",
        "-in", request, "-out", out, "-extfile", extensions, "-startdate", start or "20260101000000Z",
        "-enddate", end or "20500101000000Z")
    return out, key


def clients(centre):
    """Everybody who is not D001."""
    ca = centre.path("c/keys/tls-ca")
    now = time.gmtime().tm_year
    centre.command("desk", "add", "--folder", centre.path("d2"), "D002")
    yield "no certificate", centre.context()
    yield "a certificate of its own", centre.context(*make_certificate(centre, "foreign"))
    yield "an expired certificate", centre.context(
        *make_certificate(centre, "expired", ca=ca, start=f"{now - 3}0101000000Z", end=f"{now - 2}0101000000Z"))
    yield "a certificate that is not valid yet", centre.context(
        *make_certificate(centre, "early", ca=ca, start=f"{now + 2}0101000000Z"))
    yield "a certificate for servers", centre.context(
        *make_certificate(centre, "server", ca=ca, usage="serverAuth"))
    yield "a certificate that the register does not name", centre.context(
        *make_certificate(centre, "twin", ca=ca))
    yield "another desk's certificate", centre.desk("d2")


def test_clients(centre):
    for name, context in clients(centre):
        line = head_only(centre, context, "/v1/terminals/D001/visits", 60000)
        report(f"{name}: refused before the body is read", " 403 " in line, line)
        answer = problem(centre.ask(context, "GET", "/v1/terminals/D001/requests"))
        report(f"{name}: sees no list", answer == (403, "terminal"), answer)
    for path in ("D002/head", "D999/head"):
        answer = problem(centre.ask(centre.desk(), "GET", "/v1/terminals/" + path))
        report(f"D001 may not ask for {path}", answer == (403, "terminal"), answer)
    answer = centre.ask(centre.desk(), "GET", "/v1/terminals/D001/head")
    report("D001 itself is served", answer[0] == 200, answer)


def test_revocation(centre):
    desk = centre.desk("d2")
    answer = centre.ask(desk, "GET", "/v1/terminals/D002/head")
    report("D002 is served", answer[0] == 200, answer)
    connection = centre.connect(desk)
    connection.request("GET", "/v1/terminals/D002/head")
    connection.getresponse().read()
    centre.command("desk", "revoke", "D002")
    connection.request("GET", "/v1/terminals/D002/head")
    answer = connection.getresponse().status
    report("revoked, it is refused on the connection it has", answer == 403, answer)
    connection.close()
    answer = problem(centre.ask(desk, "GET", "/v1/terminals/D002/head"))
    report("and on a new one", answer == (403, "terminal"), answer)
    centre.command("desk", "add", "--folder", centre.path("d3"), "D002")
    answer = problem(centre.ask(desk, "GET", "/v1/terminals/D002/head"))
    report("enrolled anew, its old certificate stays refused", answer == (403, "terminal"), answer)
    answer = centre.ask(centre.desk("d3"), "GET", "/v1/terminals/D002/head")
    report("and its new one is served", answer[0] == 200, answer)


def test_requests(centre):
    desk = centre.desk()
    visits = "/v1/terminals/D001/visits"
    answer = centre.ask(centre.context(), "GET", "/v1/health")
    good = answer[0] == 200 and json.loads(answer[1])["status"] == "ok"
    report("health needs no certificate", good, answer)
    cases = [
        ("an unknown path", ("GET", "/v1/terminals/D001/others"), (404, "not-found")),
        ("a terminal that is no id", ("GET", "/v1/terminals/d%2f/head"), (404, "not-found")),
        ("GET where POST is due", ("GET", visits), (405, "method")),
        ("POST where GET is due", ("POST", "/v1/terminals/D001/head", b"x", MEDIA), (405, "method")),
        ("no idempotency key", ("POST", visits, b"x", {"Content-Type": MEDIA["Content-Type"]}), (400, "bad-message")),
        ("a key without quotes", ("POST", visits, b"x", {**MEDIA, "Idempotency-Key": "00"}), (400, "bad-message")),
        ("another media type", ("POST", visits, b"x", {**MEDIA, "Content-Type": "text/plain"}), (400, "bad-message")),
        ("no body", ("POST", visits, b"", MEDIA), (400, "bad-message")),
        ("a body of one byte", ("POST", visits, b"0", MEDIA), (400, "bad-message")),
        ("a body of the longest length", ("POST", visits, b"0" * LIMIT, MEDIA), (400, "bad-message")),
        ("a body that is too long", ("POST", visits, b"0" * (LIMIT + 1), MEDIA), (413, "too-large")),
    ]
    for name, request, wanted in cases:
        answer = problem(centre.ask(desk, *request))
        report(name, answer == wanted, answer)
    answer = problem(centre.ask(desk, "POST", visits, iter([b"0" * 40000, b"0" * 40000]), MEDIA))
    report("a body that is too long and does not say so", answer == (413, "too-large"), answer)


def test_any_bytes(centre):
    rng = random.Random(2)
    connection = centre.connect(centre.desk())
    statuses = set()
    for i in range(200):
        body = bytearray(rng.randbytes(rng.choice((1, 16, 300, 2000))))
        if i % 2:
            body[:4] = b"\x30\x82" + len(body).to_bytes(2, "big")
        kind = rng.choice(("visits", "receipts"))
        connection.request("POST", f"/v1/terminals/D001/{kind}", bytes(body), MEDIA)
        answer = connection.getresponse()
        answer.read()
        statuses.add(answer.status)
    connection.close()
    report("any bytes are refused by name, on one connection", statuses == {400}, statuses)
    with socket.create_connection(("127.0.0.1", centre.port)) as plain:
        plain.sendall(b"GET /v1/health HTTP/1.1\r\n\r\n" + rng.randbytes(5000))
    answer = centre.ask(centre.context(), "GET", "/v1/health")
    report("and without TLS they are not even that", answer[0] == 200, answer)


def test_tls(centre):
    context = centre.desk()
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        answer = centre.ask(context, "GET", "/v1/health")
        report("TLS below 1.2 is refused", False, answer)
    except (ssl.SSLError, ConnectionError):
        report("TLS below 1.2 is refused", True)
    context = centre.desk()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    answer = centre.ask(context, "GET", "/v1/terminals/D001/head")
    report("TLS 1.2 is served", answer[0] == 200, answer)


def test_errors(centre):
    """A command that fails says what a person can act on."""
    failed = centre.command("desk", "revoke", "D999", check=False)
    text = failed.stderr.decode()
    report("a command that fails has a number, a reason and a cure",
           failed.returncode == 1 and text.startswith("madoguchi-central: E100: ") and
           "\n  Cure: List what there is" in text, text)


def test_life(centre):
    answer = centre.command("serve", check=False)
    report("a second service on the database is refused", answer.returncode == 1, answer)
    centre.command("backup", centre.path("copy.db"))
    mode = os.stat(centre.path("copy.db")).st_mode & 0o777
    report("a backup is made while the service runs, for its owner alone", mode == 0o600, oct(mode))
    answer = centre.command("backup", centre.path("copy.db"), check=False)
    report("a backup does not overwrite", answer.returncode == 1, answer)
    answer = centre.command("restore", centre.path("copy.db"), check=False)
    report("a restore under the running service is refused", answer.returncode == 1, answer)
    centre.command("desk", "revoke", "D001")
    answer = centre.stop()
    report("SIGTERM ends the service in order", answer == 0, answer)
    centre.command("restore", centre.path("copy.db"))
    centre.start()
    answer = centre.ask(centre.desk(), "GET", "/v1/terminals/D001/head")
    report("after the restore the register is the backup's", answer[0] == 200, answer)
    centre.stop(signal.SIGKILL)
    centre.start()
    answer = centre.ask(centre.desk(), "GET", "/v1/terminals/D001/head")
    report("a killed service starts again", answer[0] == 200, answer)
    centre.stop()


def main():
    folder = tempfile.mkdtemp(prefix="mado-https-")
    centre = Centre(folder)
    centre.start()
    try:
        for test in (test_clients, test_revocation, test_requests, test_any_bytes, test_tls, test_errors,
                     test_life):
            test(centre)
    finally:
        if centre.process.poll() is None:
            centre.process.kill()
            centre.process.wait()
        shutil.rmtree(folder)
    print(f"1..{len(RESULTS)}")
    return 0 if all(RESULTS) else 1


sys.exit(main())
