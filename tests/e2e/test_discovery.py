"""How clients find their settings: autoconfig, autodiscover, Apple's profile, over HTTP and HTTPS, with curl."""
import json, plistlib, subprocess, unittest, xml.etree.ElementTree as ET

from e2e import harness

OUTLOOK = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"


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

    def test_json_and_profile(self):
        status, body = self.fetch("/autodiscover/autodiscover.json?Email=demo@example.test&Protocol=AutodiscoverV1")
        self.assertEqual(status, 200)
        self.assertTrue(json.loads(body)["Url"].endswith("/autodiscover/autodiscover.xml"))
        status, body = self.fetch("/mobileconfig?email=demo%40example.test")
        self.assertEqual(status, 200)
        account = plistlib.loads(body.encode())["PayloadContent"][0]
        self.assertEqual(account["IncomingMailServerPortNumber"], self.server.ports["imaps"])

    def test_health_compression_and_what_is_not_there(self):
        self.assertEqual(self.fetch("/healthz"), (200, "ok\n"))
        self.assertEqual(self.fetch("/")[0], 404)
        plain = self.fetch("/mail/config-v1.1.xml?emailaddress=demo%40example.test")
        self.assertEqual(self.fetch("/mail/config-v1.1.xml?emailaddress=demo%40example.test", "--compressed"), plain)


if __name__ == "__main__":
    unittest.main()
