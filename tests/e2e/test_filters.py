"""What looks at mail before it is taken: its settings."""
import unittest
from e2e.test_queue import QueueCase


class Filters(QueueCase):
    def test_bad_settings_are_told(self):
        path = self.write('''
[clamd]
address = "nowhere"
[rate]
client = "many"
[[dnsbl]]
zone = "bl.test"
codes = ["1.2.3.4"]
[[rule]]
name = "x"
if = ["subject is y", "size over 3"]
do = ["dance"]
''', self.listeners())
        said = self.barid("config", "check", path, code=3)
        for text in ("'clamd.address': not an address: nowhere", "'rate.client': not a number in a time",
                     "'dnsbl[0].codes': no addresses in 127.0.0.0/8: 1.2.3.4",
                     "'rule[0].if': \"subject is y\": unknown: 'subject'", "'rule[0].do': \"dance\": no such action: 'dance'"):
            self.assertIn(text, said)

    def test_an_empty_quarantine(self):
        self.begin()
        self.assertEqual(self.json("quarantine", "list"), [])
        self.barid("quarantine", "show", "0123", code=1)
        self.assertIn("no such message", self.barid("quarantine", "remove", "0123456789abcdef", code=1))


if __name__ == "__main__":
    unittest.main()
