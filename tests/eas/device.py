"""A device: requests and answers of ActiveSync as XML elements, over HTTP. Every answer is checked against the schema
of its command where the schemas and xmllint are there, and kept for a readable transcript."""
import base64, copy, http.client, os, pathlib, shutil, subprocess, urllib.parse

from eas import wbxml
from eas.wbxml import element

SCHEMA_OF = {"Sync": "SyncResponse", "FolderSync": "FolderSyncResponse", "FolderCreate": "FolderCreateResponse",
             "FolderUpdate": "FolderUpdateResponse", "FolderDelete": "FolderDeleteResponse", "Ping": "PingResponse",
             "Provision": "ProvisionResponse", "MoveItems": "MoveItemsResponse", "SendMail": "SendMailResponse",
             "SmartReply": "SmartReplyResponse", "SmartForward": "SmartForwardResponse",
             "GetItemEstimate": "GetItemEstimateResponse", "ItemOperations": "ItemOperationsResponse",
             "Settings": "SettingsResponse", "Search": "SearchResponse", "Find": "FindResponse",
             "ValidateCert": "ValidateCertResponse", "ResolveRecipients": "ResolveRecipientsResponse",
             "MeetingResponse": "MeetingResponseResponse"}


def schemas():
    beside = pathlib.Path(__file__).resolve().parents[3] / "shared" / "reference" / "eas-xsd"
    for place in (os.environ.get("BARID_EAS_XSD"), beside):
        if place and pathlib.Path(place).is_dir() and shutil.which("xmllint"):
            return pathlib.Path(place)
    return None


def as_schemas_have_it(root):
    """Without what the schemas of 14.1 do not know: the answer to a command that adds attachments (MS-ASAIRS section
    2.2.2.7, 16.0)."""
    if root.find(".//{AirSync}Responses//{AirSyncBase}Attachments") is None:
        return root
    root = copy.deepcopy(root)
    for command in root.findall(".//{AirSync}Responses/*"):
        data = command.find("{AirSync}ApplicationData")
        added = None if data is None else data.find("{AirSyncBase}Attachments")
        if added is not None:
            data.remove(added)
        if added is not None and not len(data):
            command.remove(data)
    return root


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        is_wbxml = body and headers.get("Content-Type", "").startswith("application/vnd.ms-sync.wbxml")
        self.root = wbxml.decode(body) if is_wbxml else None

    def find(self, path):
        """The first element on a path of names, "Collections/Collection/Status", whatever their namespaces; "*" is any."""
        found = self.all(path)
        return found[0] if found else None

    def all(self, path):
        nodes = [self.root] if self.root is not None else []
        for name in path.split("/"):
            nodes = [child for node in nodes for child in node if name == "*" or child.tag.endswith("}" + name)]
        return nodes

    def text(self, path):
        found = self.find(path)
        return None if found is None else found.text or ""


class Device:
    def __init__(self, server, user=None, password=None, device="DEV1", kind="iPhone", version="16.1", tls=False):
        self.server, self.user, self.device, self.kind, self.version = server, user or server.user, device, kind, version
        self.password = password or server.passwords.get(self.user, server.password)
        self.port = server.ports["http"]
        self.policy_key, self.folder_key, self.folders, self.keys = None, "0", {}, {}
        self.transcript, self.schemas = [], schemas()
        self.connection = None

    # HTTP

    def headers(self):
        token = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        out = {"Authorization": f"Basic {token}", "MS-ASProtocolVersion": self.version, "User-Agent": "test-device/1",
               "Content-Type": "application/vnd.ms-sync.wbxml"}
        if self.policy_key:
            out["X-MS-PolicyKey"] = self.policy_key
        return out

    def uri(self, command, **more):
        query = {"Cmd": command, "User": self.user, "DeviceId": self.device, "DeviceType": self.kind, **more}
        return "/Microsoft-Server-ActiveSync?" + urllib.parse.urlencode(query)

    def begin(self, command, root=None, headers=None, body=None, timeout=60, uri=None, method="POST", **query):
        """Sends, and returns the connection: for answers that wait."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        octets = wbxml.encode(root) if root is not None else body if body is not None else b""
        connection.request(method, uri or self.uri(command, **query), body=octets,
                           headers={**self.headers(), **(headers or {})})
        return connection

    def end(self, connection, command, root=None):
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
        connection.close()
        self.transcript.append((command, root, answer))
        self.check(command, answer)
        return answer

    def raw(self, command, root=None, **how):
        return self.end(self.begin(command, root, **how), command, root)

    def check(self, command, answer):
        # Microsoft's schemas are those of 14.0 and later, which have no Class in answers.
        if answer.root is None or self.schemas is None or command not in SCHEMA_OF or self.version == "12.1":
            return
        schema = self.schemas / (SCHEMA_OF[command] + ".xsd")
        done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", str(schema), "-"],
                              input=wbxml.plain(as_schemas_have_it(answer.root)), capture_output=True, text=True)
        if done.returncode:
            faults = "\n".join(line for line in done.stderr.splitlines() if "validity error" in line)
            raise AssertionError(f"{command}: not as its schema has it: {faults}\n{wbxml.show(answer.root)}")

    def text(self):
        """What was said, readable."""
        out = []
        for command, request, answer in self.transcript:
            out.append(f"C: {command or 'OPTIONS'}")
            if request is not None:
                out.append(wbxml.show(request))
            out.append(f"S: {answer.status}")
            out += [f"{name}: {value}" for name, value in answer.headers.items() if name.startswith("MS-ASProtocol")]
            if answer.root is not None:
                out.append(wbxml.show(answer.root))
        return "\n".join(out)

    # Commands

    def provision(self):
        policy = ("Policy", ("PolicyType", "MS-EAS-Provisioning-WBXML"))
        first = self.raw("Provision", element("Provision:Provision", ("Policies", policy)))
        key = first.text("Policies/Policy/PolicyKey")
        policy = ("Policy", ("PolicyType", "MS-EAS-Provisioning-WBXML"), ("PolicyKey", key), ("Status", 1))
        second = self.raw("Provision", element("Provision:Provision", ("Policies", policy)))
        self.policy_key = second.text("Policies/Policy/PolicyKey")
        return first, second

    def folder_sync(self, key=None):
        answer = self.raw("FolderSync", element("FolderHierarchy:FolderSync", ("SyncKey", key or self.folder_key)))
        if answer.text("Status") == "1":
            self.folder_key = answer.text("SyncKey")
            for row in answer.all("Changes/Add") + answer.all("Changes/Update"):
                fields = {child.tag.split("}")[1]: child.text or "" for child in row}
                self.folders[fields["ServerId"]] = fields
            for row in answer.all("Changes/Delete"):
                self.folders.pop(row[0].text, None)
        return answer

    def folder(self, name):
        return next(folder for folder, row in self.folders.items() if row["DisplayName"] == name)

    def collection(self, folder, *commands, key=None, window=None, options=None, changes=None, deletes_as_moves=None,
                   conversations=None):
        return ("Collection", ("SyncKey", key if key is not None else self.keys.get(folder, "0")),
                ("CollectionId", folder),
                None if deletes_as_moves is None else ("DeletesAsMoves", int(deletes_as_moves)),
                None if changes is None else ("GetChanges", int(changes)),
                None if window is None else ("WindowSize", window),
                None if conversations is None else ("ConversationMode", *([] if conversations == "" else [int(conversations)])),
                None if options is None else ("Options", *options),
                ("Commands", *commands) if commands else None)

    def sync(self, *collections, before=(), after=(), **how):
        root = element("Sync", *before, ("Collections", *collections), *after)
        answer = self.raw("Sync", root, **how)
        self.learn(answer)
        return answer

    def learn(self, answer):
        for one in answer.all("Collections/Collection"):
            fields = {child.tag.split("}")[1]: child.text for child in one}
            if fields.get("Status") == "1":
                self.keys[fields["CollectionId"]] = fields["SyncKey"]

    def prime(self, folder, options=None):
        self.keys[folder] = "0"
        return self.sync(self.collection(folder, options=options))


HTML = [("AirSyncBase:BodyPreference", ("Type", 2), ("TruncationSize", 200000))]
PLAIN = [("AirSyncBase:BodyPreference", ("Type", 1), ("TruncationSize", 200000))]
MIME = [("MIMESupport", 2), ("AirSyncBase:BodyPreference", ("Type", 4), ("TruncationSize", 500000))]
