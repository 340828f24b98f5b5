"""Policies of ActiveSync: what devices must obey, who is not served when they do not. MS-ASPROV section 3."""
import subprocess, unittest

from e2e import harness, test_activesync
from eas.wbxml import element


class PolicyTest(test_activesync.ActiveSyncCase):
    USERS = 20

    def tearDown(self):
        self.server.cli("policy", "unset", "demo", "--all")

    def policy(self, who, *settings):
        self.server.cli("policy", "set", who, *settings)

    def provision(self, device, *children):
        return device.raw("Provision", element("Provision:Provision", ("Policies", (
            "Policy", ("PolicyType", "MS-EAS-Provisioning-WBXML"), *children))))

    def document(self, answer):
        self.assertEqual(answer.text("Status"), "1")
        return {child.tag.split("}")[1]: child for child in answer.find("Policies/Policy/Data/EASProvisionDoc")}

    def acknowledge(self, device, status):
        key = self.provision(device).text("Policies/Policy/PolicyKey")
        answer = self.provision(device, ("PolicyKey", key), ("Status", status))
        device.policy_key = answer.text("Policies/Policy/PolicyKey")
        return answer

    def status(self, device, key=None):
        device.policy_key = key or device.policy_key
        answer = device.raw("FolderSync", element("FolderHierarchy:FolderSync", ("SyncKey", "0")))
        return answer.text("Status") if answer.root is not None else answer.status

    def test_a_policy_is_demanded_and_changes(self):
        user = self.user()
        device = self.ready(user)  # nothing is demanded
        self.policy(user, "DevicePasswordEnabled=1", "MinDevicePasswordLength=6", "AllowCamera=0",
                    "UnapprovedInROMApplicationList=a.exe,b.exe", "ApprovedApplicationList=" + "0a" * 20)
        self.assertEqual(self.status(device, "0"), "142")
        settings = self.document(self.provision(device))
        self.assertEqual((settings["DevicePasswordEnabled"].text, settings["MinDevicePasswordLength"].text,
                          settings["AllowCamera"].text, settings["AllowWiFi"].text), ("1", "6", "0", "1"))
        self.assertEqual([one.text for one in settings["UnapprovedInROMApplicationList"]], ["a.exe", "b.exe"])
        self.assertEqual([one.text for one in settings["ApprovedApplicationList"]], ["0a" * 20])
        self.assertFalse(settings["MaxAttachmentSize"].text)
        device.provision()
        self.assertEqual(self.status(device), "1")
        first = device.policy_key
        self.policy(user, "AllowCamera=1")
        self.assertEqual(self.status(device), "144")  # it has changed
        device.provision()
        self.assertNotEqual(device.policy_key, first)
        self.assertEqual(self.status(device), "1")
        self.assertEqual(self.status(device, first), "144")  # that of another policy
        device.provision()
        self.server.cli("policy", "unset", user, "MinDevicePasswordLength")
        self.assertEqual(self.status(device), "144")
        settings = self.document(self.provision(device))
        self.assertIn("MinDevicePasswordLength", settings)  # what was set and is not any more comes empty
        self.assertFalse(settings["MinDevicePasswordLength"].text)
        self.server.cli("policy", "unset", user, "--all")
        self.assertEqual(self.status(device), "144")
        device.provision()
        self.assertEqual(self.status(device), "1")

    def test_older_devices(self):
        user = self.user()
        device = self.ready(user, version="12.1")
        self.policy(user, "RequireDeviceEncryption=1")
        self.assertEqual(self.status(device, "0"), 449)
        device.provision()
        self.assertEqual(self.status(device), "1")
        self.policy(user, "AllowBrowser=0")
        self.assertEqual(self.status(device), 449)
        self.assertEqual(self.acknowledge(device, 2).status, 403)
        device.policy_key = None
        self.assertEqual(self.status(device), 403)

    def test_devices_that_do_not_obey(self):
        user = self.user()
        device = self.ready(user)
        self.policy(user, "DevicePasswordEnabled=1")
        self.assertEqual(self.status(device), "141")  # it shows no key at all
        ping = element("Ping:Ping", ("HeartbeatInterval", 60), ("Folders", ("Folder", ("Id", "no"), ("Class", "Email"))))
        self.assertNotEqual(device.raw("Ping", ping).text("Status"), "141")  # a Ping need not
        for status, refusal in ((2, "139"), (3, "141"), (4, "145"), (9, "2")):
            self.assertEqual(self.acknowledge(device, status).text("Status"), refusal)
            self.assertIsNone(device.policy_key)
            self.assertEqual(self.status(device, "0"), "142")
        self.policy(user, "AllowExternalDeviceManagement=1")
        self.assertEqual(self.acknowledge(device, 4).text("Policies/Policy/Status"), "1")
        self.assertEqual(self.status(device), "1")
        good = device.policy_key
        self.assertEqual(self.acknowledge(device, 3).text("Status"), "141")
        self.assertNotEqual(self.status(device, good), "1")  # what it obeyed before it obeys no more
        self.policy(user, "AllowExternalDeviceManagement=0", "AllowNonProvisionableDevices=1", "AllowCamera=0")
        for status in (2, 3, 4):
            self.acknowledge(device, status)
            self.assertEqual(self.status(device), "1")
        other = self.device(user, device="OLD1")
        self.assertEqual(self.status(other), "1")  # without a key
        self.assertEqual(self.status(other, "0"), "142")  # but one that knows of policies has to ask

    def test_recovery_passwords(self):
        """MS-ASCMD sections 2.2.3.46, 2.2.3.126.3 and 2.2.3.167.14; MS-ASPROV section 2.2.2.38."""
        user = self.user()
        devices = {name: self.ready(user, device=name) for name in ("PHONE", "TABLET")}

        def keep(password, name="PHONE"):
            request = element("Settings:Settings", ("DevicePassword", ("Set", ("Password", password))))
            answer = devices[name].raw("Settings", request)
            self.assertEqual((answer.text("Status"), [child.tag for child in answer.root]), ("1", ["{Settings}Status", "{Settings}DevicePassword"]))
            return answer.text("DevicePassword/Status")

        told = lambda name="PHONE": self.server.cli("device", "password", user, name)["password"]
        shown = lambda name="PHONE": self.server.cli("device", "show", user, name)["recovery_password"]
        self.assertEqual((keep("early"), shown()), ("7", "none"))
        self.policy(user, "DevicePasswordEnabled=1", "PasswordRecoveryEnabled=1")
        for device in devices.values():
            device.provision()
        self.assertEqual((keep("first"), keep("of the tablet", "TABLET")), ("1", "1"))
        self.assertEqual((keep("p\u00e4ss w\u00f6rd"), told(), told("TABLET"), shown()), ("1", "p\u00e4ss w\u00f6rd", "of the tablet", "kept"))
        self.assertEqual((keep("x" * 256), keep("y" * 257), told()), ("1", "5", "x" * 256))
        self.assertEqual((keep(""), shown(), told("TABLET")), ("1", "none", "of the tablet"))
        self.assertIn("no recovery password", self.server.cli("device", "password", user, "PHONE", check=False)["error"])
        self.server.cli("device", "remove", user, "TABLET")
        self.assertIn("no recovery password", self.server.cli("device", "password", user, "TABLET", check=False)["error"])

    def test_post_office_and_mailbox(self):
        user, other = self.user(), self.user()
        self.policy("demo", "AllowCamera=0", "MaxEmailAgeFilter=3")
        self.policy(user, "AllowCamera=1", "DevicePasswordEnabled=1")
        shown = self.server.cli("policy", "show", user)
        self.assertEqual(shown["set"], {"AllowCamera": 1, "DevicePasswordEnabled": 1})
        self.assertEqual(shown["effective"], {"AllowCamera": 1, "DevicePasswordEnabled": 1, "MaxEmailAgeFilter": 3})
        device, second = self.device(user), self.device(other)
        one, two = (self.document(self.provision(each)) for each in (device, second))
        self.assertEqual((one["AllowCamera"].text, one["MaxEmailAgeFilter"].text), ("1", "3"))
        self.assertEqual((two["AllowCamera"].text, two["DevicePasswordEnabled"].text), ("0", "0"))
        device.provision()
        self.policy("demo", "AllowCamera=1")  # the mailbox has its own
        self.assertEqual(self.status(device), "1")

    def test_what_cannot_be_set(self):
        for setting in ("MinDevicePasswordLength=17", "MaxDevicePasswordFailedAttempts=3", "AllowBluetooth=3", "AllowCamera=maybe",
                        "AllowEverything=1", "MaxCalendarAgeFilter=2", "ApprovedApplicationList=a.exe", "AllowCamera"):
            done = subprocess.run([harness.BARID, "--socket", self.server.socket, "policy", "set", "demo", setting],
                                  capture_output=True, text=True)
            self.assertNotEqual(done.returncode, 0, setting)
            self.assertIn(setting.split("=")[0], done.stdout + done.stderr)
        self.assertEqual(self.server.cli("policy", "show", "demo"), {"set": {}, "effective": {}})
        self.server.cli("policy", "unset", "demo", check=False)
        with self.assertRaises(AssertionError):
            self.server.cli("policy", "set", "nowhere", "AllowCamera=0")

    def test_a_wipe_that_fails(self):
        device = self.ready()
        self.server.cli("device", "wipe", device.user, "DEV1")
        answer = device.raw("Provision", element("Provision:Provision", ("RemoteWipe", ("Status", 2))))
        self.assertEqual(answer.text("Status"), "2")
        self.assertIsNotNone(answer.find("RemoteWipe"))
        self.assertEqual(self.server.cli("device", "list", device.user)[0]["state"], "wipe pending")
        answer = device.raw("Provision", element("Provision:Provision", ("RemoteWipe", ("Status", 1))))
        self.assertEqual((answer.text("Status"), answer.find("RemoteWipe")), ("1", None))
        self.assertEqual(self.server.cli("device", "list", device.user)[0]["state"], "wiped")


if __name__ == "__main__":
    unittest.main()
