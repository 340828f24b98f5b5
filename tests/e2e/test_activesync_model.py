"""Devices and IMAP sessions on one account at random, for some seconds. Longer: `./dev model-activesync --minutes N`."""
import os, sys, unittest

from e2e import harness

sys.path.insert(0, str(harness.SOURCE / "tests" / "model"))
import activesync  # noqa: E402


class ActiveSyncModel(harness.ServerCase):
    USERS = 1

    def test_devices_have_what_the_mailbox_has(self):
        seed = int(os.environ.get("BARID_SEED") or int.from_bytes(os.urandom(3), "big"))
        model = activesync.Model(self.server, "u1@example.test", seed)
        self.addCleanup(model.close)
        try:
            model.run(10)
        except activesync.Wrong as wrong:
            self.fail(f"seed {seed} (BARID_SEED), step {model.steps}: {wrong}")


if __name__ == "__main__":
    unittest.main()
