"""ResolveRecipients with Availability: when people of the post office are free and busy. MS-ASCMD section 2.2.3.16."""
import unittest

from e2e import test_activesync_items
from e2e.test_activesync_items import BERLIN
from eas.wbxml import element


class AvailabilityTest(test_activesync_items.EventCase):
    USERS = 30
    SPAN = ("2026-11-02T08:00:00.000Z", "2026-11-02T11:00:00.000Z")

    def resolve(self, device, *names, span=SPAN, more=()):
        times = [child for child in zip(("StartTime", "EndTime"), span) if child[1]]
        return device.raw("ResolveRecipients", element(
            "ResolveRecipients:ResolveRecipients", *[("To", name) for name in names],
            ("Options", *more, ("Availability", *times))))

    def digits(self, device, name, span=SPAN):
        answer = self.resolve(device, name, span=span)
        self.assertEqual(answer.text("Response/Recipient/Availability/Status"), "1", device.text())
        return answer.text("Response/Recipient/Availability/MergedFreeBusy")

    def somebody(self):
        device = self.ready()
        self.start(device, device.folder("Calendar"))
        return device, device.folder("Calendar")

    def test_times_of_a_colleague(self):
        other, calendar = self.somebody()
        device = self.ready()
        self.assertEqual(self.digits(device, other.user), "000000")
        for number, (start, end, *more) in enumerate((
                ("20261102T080000Z", "20261102T083000Z"),
                ("20261102T085500Z", "20261102T090000Z", ("Calendar:BusyStatus", "3"), ("Calendar:Sensitivity", "2")),
                ("20261102T090000Z", "20261102T093000Z", ("Calendar:BusyStatus", "1")),
                ("20261102T093000Z", "20261102T100000Z", ("Calendar:BusyStatus", "0")),
                ("20261102T100000Z", "20261102T103000Z", ("Calendar:MeetingStatus", "5")))):
            self.add(other, calendar, *self.event(*more, start=start, end=end, subject="Secret"), client=f"c{number}")
        self.assertEqual(self.digits(device, other.user), "231000")
        self.assertEqual(self.digits(other, other.user), "231000")
        # As many digits as half hours have begun, from the first second on.
        self.assertEqual(self.digits(device, other.user, ("2026-11-02T08:29:59.000Z", "2026-11-02T09:30:00.000Z")), "331")
        self.assertNotIn("Secret", device.text())

    def test_series(self):
        other, calendar = self.somebody()
        device = self.ready(version="14.1")
        rule = ("Calendar:Recurrence", ("Type", "0"), ("Interval", "1"))
        # Ten o'clock at Berlin, also when summer has ended.
        item = self.add(other, calendar, *self.event(rule, start="20261022T080000Z", end="20261022T083000Z"))
        self.assertEqual(self.digits(device, other.user, ("2026-10-24T08:00:00.000Z", "2026-10-24T09:30:00.000Z")), "200")
        self.assertEqual(self.digits(device, other.user, ("2026-10-26T08:00:00.000Z", "2026-10-26T09:30:00.000Z")), "002")
        self.command(other, calendar, ("Delete", ("ServerId", item), ("AirSyncBase:InstanceId", "20261103T090000Z")),
                     ("Change", ("ServerId", item), ("AirSyncBase:InstanceId", "20261104T090000Z"),
                      ("ApplicationData", ("Calendar:StartTime", "20261104T100000Z"), ("Calendar:EndTime", "20261104T103000Z"))))
        days = [self.digits(device, other.user, (f"2026-11-0{day}T09:00:00.000Z", f"2026-11-0{day}T10:30:00.000Z"))
                for day in (2, 3, 4, 5)]
        self.assertEqual(days, ["200", "000", "002", "200"])

    def test_whole_days(self):
        other, calendar = self.somebody()
        self.add(other, calendar, ("Calendar:Timezone", BERLIN), ("Calendar:Subject", "Fair"), ("Calendar:AllDayEvent", "1"),
                 ("Calendar:StartTime", "20261224T000000Z"), ("Calendar:EndTime", "20261225T000000Z"))
        digits = self.digits(self.ready(), other.user, ("2026-12-23T22:00:00.000Z", "2026-12-25T00:00:00.000Z"))
        self.assertEqual(digits, "00" + "2" * 48 + "00")  # a day of the place, an hour before that of UTC

    def test_groups(self):
        (one, calendar), (two, other) = self.somebody(), self.somebody()
        self.add(one, calendar, *self.event(start="20261102T080000Z", end="20261102T090000Z"))
        self.add(two, other, *self.event(("Calendar:BusyStatus", "3"), start="20261102T083000Z", end="20261102T093000Z"))
        for name, members in (("inner", (two.user, "all@example.test")), ("all", (one.user, "inner@example.test")),
                              ("some", (one.user, "friend@elsewhere.test")),
                              ("many", [f"m{number}@elsewhere.test" for number in range(21)])):
            self.server.cli("group", "add", f"{name}@example.test", "--member", *members)
        device = self.ready()
        answer = self.resolve(device, "all@example.test")
        self.assertEqual((answer.text("Response/Status"), answer.text("Response/RecipientCount")), ("1", "1"))
        self.assertEqual(self.digits(device, "all@example.test"), "233000")
        self.assertEqual(self.digits(device, "some@example.test"), "224444")  # nobody knows when the friend is free
        answer = self.resolve(device, "many@example.test")
        self.assertEqual(answer.text("Response/Recipient/Availability/Status"), "161")
        self.assertIsNone(answer.find("Response/Recipient/Availability/MergedFreeBusy"))

    def test_who_and_when(self):
        device = self.ready()
        # Several people, nobody, and one who keeps no calendar.
        answer = self.resolve(device, "u", "nobody", "two@example.test")
        self.assertEqual([node.text for node in answer.all("Response/Status")], ["3", "4", "1"])
        self.assertEqual([node.text for node in answer.all("Response/Recipient/Availability/MergedFreeBusy")], ["444444"])
        for span in (("x", self.SPAN[1]), (self.SPAN[0], "x"), (self.SPAN[0], self.SPAN[0]), (None, self.SPAN[1]),
                     ("2026-11-02T08:00:00.000Z", "2026-11-02T08:29:59.000Z"),
                     ("2026-11-02T08:00:00.000Z", "2026-12-14T08:00:01.000Z")):
            answer = self.resolve(device, device.user, span=span)
            self.assertEqual(answer.text("Status"), "5", span)
            self.assertIsNone(answer.find("Response"))
        # A week, unless it is said otherwise; six are the most.
        self.assertEqual(self.digits(device, device.user, ("2026-11-02T08:00:00.000Z", None)), "0" * 336)
        self.assertEqual(self.digits(device, device.user, ("2026-11-02T08:00:00.000Z", "2026-12-14T08:00:00.000Z")), "0" * 2016)
        answer = self.resolve(device, *[device.user] * 100)
        status = [node.text for node in answer.all("Response/Recipient/Availability/Status")]
        self.assertEqual(status, ["1"] * 99 + ["160"])
        device.version = "12.1"
        self.assertIsNone(self.resolve(device, device.user).find("Response/Recipient/Availability"))

    def test_other_servers_and_post_offices(self):
        self.server.cli("account", "add", "gone@example.test", "--password-stdin", "--node", "elsewhere", stdin="a long secret\n")
        answer = self.resolve(self.ready(), "gone@example.test")
        self.assertEqual(answer.text("Response/Recipient/Availability/Status"), "163")
        self.assertIsNone(answer.find("Response/Recipient/Availability/MergedFreeBusy"))
        self.server.cli("postoffice", "add", "other")
        self.server.cli("domain", "add", "other.test", "--postoffice", "other")
        self.server.cli("account", "add", "far@other.test", "--password-stdin", stdin="a long secret of his\n")
        answer = self.resolve(self.ready(), "far@other.test")
        self.assertEqual((answer.text("Response/Status"), answer.find("Response/Recipient")), ("4", None))


if __name__ == "__main__":
    unittest.main()
