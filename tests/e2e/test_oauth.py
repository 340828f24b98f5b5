"""OAUTHBEARER and XOAUTH2 by IMAP, POP3 and submission, with an issuer's keys, a file of keys, and introspection."""
import base64, imaplib, json, poplib, smtplib, time, unittest
from e2e.fake_issuer import Issuer, Key
from e2e.harness import wait_until
from e2e.served import ServedCase


def bearer(token, user=""):
    return f"n,{'a=' + user if user else ''},\x01auth=Bearer {token}\x01\x01".encode()


def xoauth2(token, user):
    return f"user={user}\x01auth=Bearer {token}\x01\x01".encode()


class Oauth(ServedCase):
    def setUp(self):
        super().setUp()
        self.key = Key(self.root, "one")
        self.issuer = Issuer(self.root / "server.pem", self.root / "server.key")
        self.addCleanup(self.issuer.stop)
        self.issuer.keys = [self.key]

    def settings(self, *lines):
        return "\n".join(["[oauth]", f'ca_file = "{self.root}/ca.pem"', 'issuer = "https://issuer.example"',
                          'audience = ["mail"]', 'scope = "mail.read"', *lines])

    def token(self, name="anna@acme.test", key=None, **more):
        claims = {"iss": "https://issuer.example", "aud": "mail", "exp": int(time.time()) + 300, "email": name,
                  "scope": "openid mail.read"}
        claims.update(more)
        return (key or self.key).token(**claims)

    def imap(self):
        imap = imaplib.IMAP4_SSL("localhost", self.ports["imaps"], ssl_context=self.tls())
        self.addCleanup(imap.shutdown)
        return imap

    def imap_login(self, message, mechanism="OAUTHBEARER"):
        """The tagged answer's kind, and what was told in a challenge."""
        imap, told = self.imap(), []

        def answer(challenge):
            if not challenge:
                return message
            told.append(challenge)
            return b"\x01"

        try:
            kind, _ = imap.authenticate(mechanism, answer)
        except imaplib.IMAP4.error as error:
            return "NO" if "AUTHENTICATIONFAILED" in str(error) else str(error), told
        return kind, told

    def test_three_protocols_take_tokens_of_an_issuer(self):
        self.start(self.settings(f'keys_url = "{self.issuer.url}/keys"'))
        imap = self.imap()
        self.assertIn("AUTH=OAUTHBEARER", imap.capabilities)
        self.assertIn("AUTH=XOAUTH2", imap.capabilities)
        self.assertEqual(self.imap_login(bearer(self.token())), ("OK", []))
        self.assertEqual(self.imap_login(xoauth2(self.token(), "anna@acme.test"), "XOAUTH2"), ("OK", []))
        # With an initial response (SASL-IR).
        imap.send(b"a AUTHENTICATE OAUTHBEARER " + base64.b64encode(bearer(self.token())) + b"\r\n")
        self.assertIn(b"a OK", self.until(imap, b"a "))
        self.assertEqual(len([one for one in self.issuer.requests if one[1] == "/keys"]), 1)

        pop = poplib.POP3("localhost", self.ports["pop3"])
        self.addCleanup(pop.close)
        pop.stls(self.tls())
        self.assertIn("XOAUTH2", pop.capa()["SASL"])
        line = base64.b64encode(xoauth2(self.token(), "anna@acme.test")).decode()
        self.assertTrue(pop._shortcmd("AUTH XOAUTH2 " + line).startswith(b"+OK"))
        pop.quit()

        with smtplib.SMTP("localhost", self.ports["submission"]) as smtp:
            smtp.starttls(context=self.tls())
            smtp.ehlo()
            self.assertIn("OAUTHBEARER", smtp.esmtp_features["auth"])
            code, _ = smtp.docmd("AUTH", "OAUTHBEARER " + base64.b64encode(bearer(self.token())).decode())
            self.assertEqual(code, 235)
        # A bad one: the challenge, then the dummy answer, then 535.
        with smtplib.SMTP("localhost", self.ports["submission"]) as smtp:
            smtp.starttls(context=self.tls())
            smtp.ehlo()
            code, _ = smtp.docmd("AUTH", "XOAUTH2")
            self.assertEqual(code, 334)
            bad = xoauth2(self.token(aud="other"), "anna@acme.test")
            code, text = smtp.docmd(base64.b64encode(bad).decode())
            self.assertEqual(code, 334)
            self.assertEqual(json.loads(base64.b64decode(text))["status"], "401")
            code, _ = smtp.docmd("")
            self.assertEqual(code, 535)

    def until(self, imap, tag):
        seen = b""
        while True:
            line = imap.readline()
            if not line:
                self.fail(f"closed after {seen!r}")
            seen += line
            if line.startswith(tag):
                return seen

    def test_bad_tokens_hear_why_and_keys_change(self):
        keys = self.root / "keys.json"
        keys.write_text(json.dumps({"keys": [self.key.jwk()]}))
        self.start(self.settings(f'keys_file = "{self.root}/keys.json"',
                                 'configuration_url = "https://issuer.example/.well-known/openid-configuration"') +
                   '\n[auth]\npenalty_first = "100ms"\npenalty_max = "100ms"')
        stranger = Key(self.root, "two")
        self.assertEqual(self.imap_login(bearer(self.token()))[0], "OK")
        bad = {"expired": self.token(exp=int(time.time()) - 100), "another audience": self.token(aud="web"),
               "another issuer": self.token(iss="https://elsewhere.example"), "no scope": self.token(scope="openid"),
               "no such mailbox": self.token("carl@acme.test"), "an unknown key": self.token(key=stranger),
               "unverified": self.token(email_verified=False), "opaque": "abc"}
        for what, token in bad.items():
            kind, told = self.imap_login(bearer(token))
            self.assertEqual(kind, "NO", what)
            self.assertEqual(json.loads(told[0]), {
                "status": "invalid_token", "scope": "mail.read",
                "openid-configuration": "https://issuer.example/.well-known/openid-configuration"}, what)
        # Somebody else's token.
        self.assertEqual(self.imap_login(bearer(self.token("bert@acme.test"), "anna@acme.test"))[0], "NO")
        # The issuer changes its keys.
        time.sleep(1.1)
        keys.write_text(json.dumps({"keys": [stranger.jwk()]}))
        self.assertEqual(self.imap_login(bearer(self.token(key=stranger)))[0], "OK")
        self.assertEqual(self.imap_login(bearer(self.token()))[0], "NO")
        # "none", and the public key as the secret of an HMAC.
        unsigned = self.token().rsplit(".", 1)[0] + "."
        self.assertEqual(self.imap_login(bearer(unsigned))[0], "NO")
        # Without a token the client is told where to get one; then it may break off.
        imap = self.imap()
        imap.send(b"a AUTHENTICATE OAUTHBEARER " + base64.b64encode(b"n,,\x01auth=\x01\x01") + b"\r\n")
        self.assertIn("scope", json.loads(base64.b64decode(imap.readline().split()[1])))
        imap.send(b"*\r\n")
        self.assertIn(b"a BAD", self.until(imap, b"a "))
        # Too large for any protocol: refused, with or without a goodbye that still arrives; others go on.
        try:
            imap.send(b"b AUTHENTICATE OAUTHBEARER " + base64.b64encode(bearer("x" * 60000)) + b"\r\n")
            self.assertRegex(imap.readline(), b"^b (BAD|NO)|^\\* BYE|^$")
        except OSError:
            pass  # cut off while it was still sending
        self.assertEqual(self.imap_login(bearer(self.token(key=stranger)))[0], "OK")

    def test_an_endpoint_is_asked(self):
        secret = self.root / "secret"
        secret.write_text("hush\n")
        self.start(self.settings(f'introspection_url = "{self.issuer.url}/introspect"',
                                 'introspection_client = "barid"', f'introspection_secret_file = "{secret}"',
                                 'request_max = "1s"') +
                   '\n[auth]\npenalty_first = "100ms"\npenalty_max = "100ms"')
        self.issuer.tokens = {"good": {"email": "anna@acme.test", "scope": "mail.read"},
                              "other": {"email": "anna@acme.test", "scope": "mail.read", "aud": "web"}}
        self.assertEqual(self.imap_login(bearer("good"))[0], "OK")
        self.assertEqual(self.imap_login(xoauth2("good", "anna@acme.test"), "XOAUTH2")[0], "OK")
        asked = [headers for method, path, headers in self.issuer.requests if path == "/introspect"]
        self.assertEqual(len(asked), 1)  # the second time from memory
        self.assertEqual(base64.b64decode(asked[0]["Authorization"].split()[1]), b"barid:hush")
        self.assertEqual(self.imap_login(bearer("other"))[0], "NO")
        self.assertEqual(self.imap_login(bearer("unknown"))[0], "NO")
        for behaviour in ("slow", "endless", "redirect", "error"):
            self.issuer.behave = behaviour
            before = len(self.issuer.requests)
            begun = time.monotonic()
            kind, told = self.imap_login(bearer(behaviour))
            self.assertIn("UNAVAILABLE", kind, behaviour)
            self.assertEqual(told, [], behaviour)
            self.assertLess(time.monotonic() - begun, 2.5, behaviour)
            self.assertEqual(len(self.issuer.requests), before + 1, behaviour)  # it was asked, not passed over
            # What was good goes on to be good, from memory, and new ones once the endpoint has recovered.
            self.assertEqual(self.imap_login(bearer("good"))[0], "OK", behaviour)
            self.issuer.behave = "well"
            fresh = "fresh-" + behaviour
            self.issuer.tokens[fresh] = {"email": "anna@acme.test", "scope": "mail.read"}
            wait_until(lambda: self.imap_login(bearer(fresh))[0] == "OK")

    def test_settings_are_checked(self):
        check = lambda *lines: self.barid("config", "check", self.write("\n".join(["[oauth]", *lines])), code=3)
        self.assertIn("oauth.keys_url' must be an https URL", check('keys_url = "http://issuer.example/keys"',
                                                                    'issuer = "x"', 'audience = ["y"]'))
        self.assertIn("'oauth.audience' is not set", check('keys_url = "https://issuer.example/keys"', 'issuer = "x"'))
        self.assertIn("'oauth.issuer' is not set", check('keys_url = "https://issuer.example/keys"',
                                                         'audience = "y"'))
        self.assertIn("go together", check('introspection_url = "https://issuer.example/"',
                                           'introspection_client = "x"'))
        self.assertIn("cannot read", check('keys_file = "nowhere.json"', 'issuer = "x"', 'audience = "y"'))
        self.assertIn("RFC 7662", self.barid("config", "explain", "oauth"))


if __name__ == "__main__":
    unittest.main()
