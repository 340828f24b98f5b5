"""How clients find their settings: autoconfig, autodiscover, Apple's profile, over HTTP and HTTPS, with curl."""
import ctypes, json, plistlib, re, subprocess, sys, unittest, xml.etree.ElementTree as ET

from e2e import harness
from e2e.served import ServedCase

sys.path.insert(0, str(harness.SOURCE / "tests"))
from eas.device import Device, schemas  # noqa: E402

MOBILESYNC = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"
AUTODISCOVER = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
OUTLOOK = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"


def scanned(svg):
    """What a camera reads of a code, by libzbar."""
    zbar = ctypes.CDLL("libzbar.so.0")
    for name in ("image_scanner_create", "image_create", "image_first_symbol"):
        getattr(zbar, f"zbar_{name}").restype = ctypes.c_void_p
    zbar.zbar_symbol_get_data.restype = ctypes.c_char_p
    width, scale = int(re.search(r'viewBox="0 0 (\d+)', svg)[1]), 4
    side = width * scale
    pixels = bytearray(b"\xff" * side * side)
    for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1H\d+z", svg):
        for row in range(int(y) * scale, (int(y) + 1) * scale):
            begin = row * side + int(x) * scale
            pixels[begin:begin + int(run) * scale] = bytes(int(run) * scale)
    scanner, image = ctypes.c_void_p(zbar.zbar_image_scanner_create()), ctypes.c_void_p(zbar.zbar_image_create())
    zbar.zbar_image_scanner_set_config(scanner, 0, 0, 1)
    zbar.zbar_image_set_format(image, ctypes.c_ulong(int.from_bytes(b"Y800", "little")))
    zbar.zbar_image_set_size(image, side, side)
    octets = bytes(pixels)
    zbar.zbar_image_set_data(image, octets, ctypes.c_ulong(len(octets)), None)
    found = zbar.zbar_scan_image(scanner, image)
    text = zbar.zbar_symbol_get_data(ctypes.c_void_p(zbar.zbar_image_first_symbol(image))).decode() if found == 1 else None
    zbar.zbar_image_destroy(image)
    zbar.zbar_image_scanner_destroy(scanner)
    return text


class DiscoveryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = harness.Server().start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def fetch(self, path, *arguments, tls=True):
        port = self.server.ports["https" if tls else "http"]
        url = f"https://localhost:{port}{path}" if tls else f"http://127.0.0.1:{port}{path}"
        done = subprocess.run(["curl", "-sS", "--max-time", "20", "--cacert", self.server.ca, "-w", "\n%{http_code}",
                               *arguments, url], capture_output=True, text=True, check=True)
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body

    def test_mozilla(self):
        for tls in (True, False):
            status, body = self.fetch("/mail/config-v1.1.xml?emailaddress=demo%40example.test", tls=tls)
            self.assertEqual(status, 200)
            provider = ET.fromstring(body.encode()).find("emailProvider")
            ports = [(server.get("type"), int(server.findtext("port")), server.findtext("socketType"))
                     for server in provider if server.get("type")]
            expected = [("imap", self.server.ports["imaps"], "SSL"), ("pop3", self.server.ports["pop3s"], "SSL"),
                        ("imap", self.server.ports["imap"], "STARTTLS"), ("pop3", self.server.ports["pop3"], "STARTTLS"),
                        ("smtp", self.server.ports["submissions"], "SSL"),
                        ("smtp", self.server.ports["submission"], "STARTTLS")]
            self.assertEqual(ports, expected)
        self.assertEqual(self.fetch("/mail/config-v1.1.xml?emailaddress=a%40elsewhere.test")[0], 404)

    def test_outlook(self):
        request = ("<?xml version='1.0'?><Autodiscover xmlns='http://schemas.microsoft.com/exchange/autodiscover/outlook/"
                   f"requestschema/2006'><Request><EMailAddress>demo@example.test</EMailAddress>"
                   f"<AcceptableResponseSchema>{OUTLOOK}</AcceptableResponseSchema></Request></Autodiscover>")
        status, body = self.fetch("/Autodiscover/Autodiscover.xml", "-H", "Content-Type: text/xml", "-d", request)
        self.assertEqual(status, 200)
        protocols = {protocol.findtext(f"{{{OUTLOOK}}}Type"): int(protocol.findtext(f"{{{OUTLOOK}}}Port"))
                     for protocol in ET.fromstring(body.encode()).iter(f"{{{OUTLOOK}}}Protocol")}
        self.assertEqual(protocols, {"IMAP": self.server.ports["imaps"], "POP3": self.server.ports["pop3s"],
                                     "SMTP": self.server.ports["submissions"]})

    def autodiscover(self, body, path="/autodiscover/autodiscover.xml", **how):
        """The root of the answer, which the schema of autodiscover has taken."""
        status, answer = self.fetch(path, "-H", "Content-Type: text/xml", "-d", body, **how)
        self.assertEqual(status, 200)
        if schemas() is not None and OUTLOOK not in answer:
            done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", str(schemas() / "AutodiscoverResponse.xsd"), "-"],
                                  input=answer, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr + answer)
        return ET.fromstring(answer.encode())

    def mobilesync(self, address="demo@example.test", schema=MOBILESYNC):
        return ("<?xml version='1.0' encoding='utf-8'?><Autodiscover xmlns='http://schemas.microsoft.com/exchange/autodiscover/"
                f"mobilesync/requestschema/2006'><Request><EMailAddress>{address}</EMailAddress>"
                f"<AcceptableResponseSchema>{schema}</AcceptableResponseSchema></Request></Autodiscover>")

    def test_mobilesync(self):
        for path in ("/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml", "/AutoDiscover/AUTODISCOVER.XML"):
            root = self.autodiscover(self.mobilesync(), path)
            self.assertEqual(root.tag, f"{{{AUTODISCOVER}}}Autodiscover")
            response = root.find(f"{{{MOBILESYNC}}}Response")
            text = {name: response.findtext("/".join(f"{{{MOBILESYNC}}}{part}" for part in name.split("/")))
                    for name in ("User/DisplayName", "User/EMailAddress", "Action/Settings/Server/Type",
                                 "Action/Settings/Server/Url", "Action/Settings/Server/Name")}
            url = f"https://localhost:{self.server.ports['https']}/Microsoft-Server-ActiveSync"
            self.assertEqual(text, {"User/DisplayName": "demo@example.test", "User/EMailAddress": "demo@example.test",
                                    "Action/Settings/Server/Type": "MobileSync", "Action/Settings/Server/Url": url,
                                    "Action/Settings/Server/Name": url})
            self.assertEqual(response.findtext(f"{{{MOBILESYNC}}}Culture"), "en:us")
            self.assertIsNone(response.find(f".//{{{MOBILESYNC}}}Status"))  # only of what went wrong
        # And there it is: a device that goes where it was led has its folders.
        status, versions = self.fetch(url.partition(str(self.server.ports["https"]))[2], "-X", "OPTIONS", "-i", "-u",
                                      f"{self.server.user}:{self.server.password}")
        self.assertEqual(status, 200)
        self.assertIn("MS-ASProtocolVersions: 12.1,14.0,14.1,16.0,16.1", versions)
        self.assertEqual(Device(self.server).folder_sync("0").text("Status"), "1")

    def test_autodiscover_that_fails(self):
        servers = set()
        wrong = self.mobilesync(schema="http://schemas.microsoft.com/exchange/autodiscover/fax/responseschema/2006")
        for body, code in ((self.mobilesync("anna@elsewhere.test"), "500"), ("nonsense", "600"), (wrong, "601"),
                           (self.mobilesync("nobody"), "600"), ("<Autodiscover/>", "600"), ("x" * 20_000, "600")):
            error = self.autodiscover(body).find(f"{{{AUTODISCOVER}}}Response/{{{AUTODISCOVER}}}Error")
            self.assertIsNotNone(error, body)
            self.assertEqual(error.findtext(f"{{{AUTODISCOVER}}}ErrorCode"), code, body[:300])
            self.assertRegex(error.get("Time"), r"^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{7})?$")
            self.assertRegex(error.get("Id"), r"^[1-9]\d{0,9}$")  # of this server, whatever is asked
            servers.add(error.get("Id"))
            self.assertTrue(error.findtext(f"{{{AUTODISCOVER}}}Message"))
        self.assertEqual(len(servers), 1)

    def test_a_client_in_plain_text_is_led_to_tls(self):
        status, answer = self.fetch("/autodiscover/autodiscover.xml", "-i", "-H", "Host: autodiscover.example.test", tls=False)
        self.assertEqual(status, 302)
        self.assertIn(f"Location: https://localhost:{self.server.ports['https']}/autodiscover/autodiscover.xml", answer)
        self.assertEqual(self.fetch("/autodiscover/autodiscover.xml")[0], 405)

    def test_json_and_profile(self):
        status, body = self.fetch("/autodiscover/autodiscover.json?Email=demo@example.test&Protocol=AutodiscoverV1")
        self.assertEqual(status, 200)
        self.assertTrue(json.loads(body)["Url"].endswith("/autodiscover/autodiscover.xml"))
        status, body = self.fetch("/autodiscover/autodiscover.json/v1.0/demo@example.test?Protocol=ActiveSync")
        self.assertEqual((status, json.loads(body)["Protocol"]), (200, "ActiveSync"))
        account = self.profile("/mobileconfig?email=demo%40example.test")["PayloadContent"][0]
        self.assertEqual(account["IncomingMailServerPortNumber"], self.server.ports["imaps"])
        account = self.profile("/mobileconfig?email=demo%40example.test&kind=activesync")["PayloadContent"][0]
        self.assertEqual((account["Host"], account["EmailAddress"]),
                         (f"localhost:{self.server.ports['https']}", "demo@example.test"))

    def profile(self, target):
        """An Apple profile, verified as a device does it: by the server's certificate."""
        signed = subprocess.run(["curl", "-sS", "--fail", "--cacert", self.server.ca,
                                 f"https://localhost:{self.server.ports['https']}{target}"], capture_output=True, check=True)
        done = subprocess.run(["openssl", "cms", "-verify", "-inform", "DER", "-CAfile", self.server.ca, "-purpose", "any"],
                              input=signed.stdout, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return plistlib.loads(done.stdout)

    def test_codes_and_the_page_for_people(self):
        base = f"https://localhost:{self.server.ports['https']}"
        status, svg = self.fetch("/mobileconfig/qr.svg?email=demo%40example.test")
        self.assertEqual(status, 200)
        url = scanned(svg)
        self.assertEqual(url, f"{base}/mobileconfig?email=demo%40example.test")
        self.assertEqual(self.profile(url.removeprefix(base))["PayloadType"], "Configuration")
        status, page = self.fetch("/setup?email=demo%40example.test")
        self.assertEqual(status, 200)
        codes = [scanned(svg) for svg in re.findall(r"<svg.*?</svg>", page)]
        self.assertEqual(codes, [url + "&kind=activesync", url])
        self.assertIn(f"<td>{self.server.ports['imaps']}</td>", page)
        self.assertEqual(self.fetch("/setup?email=a%40elsewhere.test")[0], 404)
        told = self.server.cli("discovery", "demo@example.test")
        self.assertEqual((told["profile"], told["activesync"]),
                         (url + "&kind=activesync", base + "/Microsoft-Server-ActiveSync"))
        self.assertIn({"service": "imap", "host": "localhost", "port": self.server.ports["imaps"], "security": "tls"},
                      told["services"])
        lines = subprocess.run([harness.BARID, "--socket", self.server.socket, "discovery", "demo@example.test", "--qr"],
                               capture_output=True, text=True, check=True).stdout.splitlines()
        self.assertEqual(lines[-1], told["profile"])
        self.assertEqual("\n".join(lines[:-1]) + "\n", told["profile_code"])
        with self.assertRaises(AssertionError):
            self.server.cli("discovery", "demo@elsewhere.test")

    def test_health_compression_and_what_is_not_there(self):
        self.assertEqual(self.fetch("/healthz"), (200, "ok\n"))
        self.assertEqual(self.fetch("/healthz", "--data", "x"), (405, ""))
        self.assertEqual(self.fetch("/metrics", "--data", "x"), (405, ""))
        self.assertEqual(self.fetch("/", "--request", "OPTIONS", "--request-target", "*"), (200, ""))
        status, figures = self.fetch("/metrics")
        self.assertEqual(status, 200)
        for line in figures.splitlines():
            self.assertRegex(line, r'^barid_[a-z0-9_]+(\{protocol="[a-z0-9_]+"\})? -?[0-9.e+]+$')
        self.assertIn('barid_sessions{protocol="http"} ', figures)
        self.assertRegex(figures, r"(?m)^barid_connections_accepted [1-9]")
        self.assertEqual(self.fetch("/")[0], 404)
        plain = self.fetch("/mail/config-v1.1.xml?emailaddress=demo%40example.test")
        self.assertEqual(self.fetch("/mail/config-v1.1.xml?emailaddress=demo%40example.test", "--compressed"), plain)


class DomainsTest(ServedCase):
    """[[discovery]]: clients of some domains are told other names and ports."""

    def test_each_domain_has_its_own(self):
        self.ports["https"] = harness.free_ports(1)[0]
        https = (f'[[listener]]\nname = "https"\nprotocol = "http"\naddress = "127.0.0.1:{self.ports["https"]}"\n'
                 'tls = "implicit"\n')
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=mail.bert.test",
                        "-addext", "subjectAltName=DNS:mail.bert.test", "-keyout", "bert.key", "-out", "bert.pem"],
                       cwd=self.root, capture_output=True, check=True)
        self.start("""[[certificate]]
file = "bert.pem"
key = "bert.key"
[[discovery]]
domains = ["bert.test"]
name = "Bert and Sons"
host = "mail.bert.test"
imaps_port = 993
https_port = 443
hide = ["pop3"]
[[discovery]]
domains = ["*"]
web_host = "web.acme.test"
""", self.listener("imaps", "imap", "implicit") + self.listener("pop3", "pop3", "starttls") + https)
        self.barid("domain", "add", "bert.test", "--postoffice", "acme")
        bert = json.loads(self.barid("--json", "discovery", "x@bert.test"))
        self.assertEqual(bert["services"], [{"service": "imap", "host": "mail.bert.test", "port": 993, "security": "tls"}])
        self.assertEqual((bert["name"], bert["activesync"]),
                         ("Bert and Sons", "https://mail.bert.test/Microsoft-Server-ActiveSync"))
        acme = json.loads(self.barid("--json", "discovery", "x@acme.test"))
        self.assertEqual([(row["service"], row["host"]) for row in acme["services"]],
                         [("imap", "mail.acme.test"), ("pop3", "mail.acme.test")])
        self.assertEqual(acme["activesync"], f"https://web.acme.test:{self.ports['https']}/Microsoft-Server-ActiveSync")
        # Each name has its certificate, and a name's profiles are signed by it.
        for name in ("mail.bert.test", "localhost"):
            shown = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.ports['https']}", "-servername", name],
                                   stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout
            self.assertEqual("CN = mail.bert.test" in shown, name == "mail.bert.test", shown)
        got = subprocess.run(["curl", "-sSk", "--fail", f"https://localhost:{self.ports['https']}/mobileconfig?email=x@bert.test"],
                             capture_output=True, check=True).stdout
        done = subprocess.run(["openssl", "cms", "-verify", "-inform", "DER", "-CAfile", str(self.root / "bert.pem"),
                               "-purpose", "any"], input=got, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(plistlib.loads(done.stdout)["PayloadContent"][0]["IncomingMailServerHostName"], "mail.bert.test")
        # Figures are not for everybody, unless the file says so.
        done = subprocess.run(["curl", "-sSk", "-o", "/dev/null", "-w", "%{http_code}",
                               f"https://localhost:{self.ports['https']}/metrics"], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout, "404")
        zone = "\n".join(self.barid("dns", "bert.test").splitlines())
        self.assertIn("_imaps._tcp.bert.test. IN SRV 0 1 993 mail.bert.test.", zone)
        self.assertIn("autodiscover.bert.test. IN CNAME mail.bert.test.", zone)
        self.assertIn("bert.test. IN MX 10 mail.acme.test.", zone)
        got = subprocess.run(["curl", "-sSk", f"https://localhost:{self.ports['https']}/mail/config-v1.1.xml",
                              "-H", "Host: autoconfig.bert.test"], capture_output=True, check=True).stdout
        provider = ET.fromstring(got).find("emailProvider")
        self.assertEqual((provider.findtext("displayName"), provider.findtext("incomingServer/hostname")),
                         ("Bert and Sons", "mail.bert.test"))


if __name__ == "__main__":
    unittest.main()
