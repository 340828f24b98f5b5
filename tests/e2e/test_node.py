"""imapflow and nodemailer (npm)."""
import json, pathlib, subprocess, unittest
from e2e.harness import ServerCase


class Node(ServerCase):
    def test_imapflow_and_nodemailer(self):
        self.need("node")
        folder = pathlib.Path(__file__).parent / "node"
        if not (folder / "node_modules" / "imapflow").is_dir():
            done = subprocess.run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"],
                                  cwd=folder, capture_output=True, text=True, timeout=300)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        facts = {"imaps": self.server.ports["imaps"], "submission": self.server.ports["submission"],
                 "user": self.server.user, "password": self.server.password, "ca": self.server.ca}
        done = self.run_client(["node", "clients.js", json.dumps(facts)], cwd=folder)
        self.assertEqual(done.stdout.strip(), "ok")


if __name__ == "__main__":
    unittest.main()
