"""An issuer of access tokens for tests: keys of its own, a JWKS page and an introspection endpoint over TLS."""
import base64, http.server, json, ssl, subprocess, threading, time, urllib.parse


def b64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


class Key:
    """An Ed25519 key, by the openssl program: Debian's Python has no library for it by itself."""

    def __init__(self, folder, name):
        self.name, self.path = name, folder / f"{name}.pem"
        self.folder = folder
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.path], check=True,
                       capture_output=True)
        der = subprocess.run(["openssl", "pkey", "-in", self.path, "-pubout", "-outform", "DER"], check=True,
                             capture_output=True).stdout
        self.public = der[-32:]

    def jwk(self):
        return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": self.name, "x": b64url(self.public)}

    def token(self, header=None, **claims):
        head = {"alg": "EdDSA", "kid": self.name, **(header or {})}
        text = b64url(json.dumps(head).encode()) + "." + b64url(json.dumps(claims).encode())
        data = self.folder / "to-sign"
        data.write_bytes(text.encode())
        signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.path, "-in", data],
                                   check=True, capture_output=True).stdout
        return text + "." + b64url(signature)


class Issuer:
    """Serves until stop(); `keys` are published, `tokens` known to the endpoint: {token: claims}."""

    def __init__(self, certificate, private_key):
        self.keys, self.tokens, self.requests = [], {}, []
        self.behave = "well"  # "slow", "endless", "redirect", "error"
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, text, status=200):
                if issuer.behave == "slow":
                    time.sleep(3)
                if issuer.behave == "endless":
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Transfer-Encoding", "chunked")
                    self.end_headers()
                    try:
                        while True:
                            self.wfile.write(b"1000\r\n" + b" " * 4096 + b"\r\n")
                    except OSError:
                        return
                if issuer.behave == "error":
                    status = 500
                body = text.encode()
                self.send_response(302 if issuer.behave == "redirect" else status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                if issuer.behave == "redirect":
                    self.send_header("Location", issuer.url + "/keys")
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                issuer.requests.append(("GET", self.path, {}))
                self.answer(json.dumps({"keys": [key.jwk() for key in issuer.keys]}))

            def do_POST(self):
                form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                issuer.requests.append(("POST", self.path, dict(self.headers)))
                claims = issuer.tokens.get(form["token"][0])
                self.answer(json.dumps({"active": True, **claims} if claims else {"active": False}))

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # who hangs up on a slow or endless answer does right
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, private_key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"https://localhost:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
