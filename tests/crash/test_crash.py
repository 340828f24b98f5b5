"""Fifty kills under load (more by `./dev crash --cycles N`)."""
import argparse, os, pathlib, sys, unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from crash import cycles
from e2e.harness import BARID


class Crash(unittest.TestCase):
    def test_fifty_kills_lose_nothing(self):
        number = int(os.environ.get("BARID_CRASH_CYCLES", "50"))
        options = argparse.Namespace(barid=BARID, cycles=number, clients=6, run=0.8, seed=20261121)
        faults, done = cycles(options)
        self.assertEqual(faults, [])
        self.assertGreater(done, number * 5, "the clients did too little for the test to mean anything")


if __name__ == "__main__":
    unittest.main()
