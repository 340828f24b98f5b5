"""What a device and a server on this machine say to each other, as XML: OPTIONS, Provision, FolderSync, and of each folder
that is named the first Sync and what is in it.

usage: PYTHONPATH=tests python3 -m eas --port 10080 --user demo@example.test --password … [--version 14.1] [FOLDER…]
"""
import argparse, types

from eas.device import HTML, Device


def main():
    arguments = argparse.ArgumentParser(prog="eas", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--port", type=int, required=True, help="of HTTP, on 127.0.0.1")
    arguments.add_argument("--user", required=True)
    arguments.add_argument("--password", required=True)
    arguments.add_argument("--version", default="16.1", help="12.1, 14.0, 14.1, 16.0 or 16.1")
    arguments.add_argument("--device", default="TRANSCRIPT1", help="its id")
    arguments.add_argument("folders", nargs="*", default=["Inbox"], metavar="FOLDER", help="Inbox, Calendar, …")
    given = arguments.parse_args()
    server = types.SimpleNamespace(user=given.user, password=given.password, passwords={}, ports={"http": given.port})
    device = Device(server, device=given.device, version=given.version)
    try:
        device.raw("", method="OPTIONS", uri="/Microsoft-Server-ActiveSync")
        device.provision()
        device.folder_sync("0")
        for name in given.folders if device.folders else []:
            folder = device.folder(name)
            device.prime(folder, options=HTML if name == "Inbox" else None)
            device.sync(device.collection(folder))
    except StopIteration:
        raise SystemExit(f"there is no folder {name}; there are: " + ", ".join(row["DisplayName"] for row in device.folders.values()))
    finally:
        print(device.text())


if __name__ == "__main__":
    main()
