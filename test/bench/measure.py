"""measure.py ROWS FOLDER: measure everything on the server that psql finds, with the folder for its files; the figures go to
standard output as JSON, on one line.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from database import Database
from rounds import FULL_ROWS, Effort, measure_in_rounds, progress
from subjects import (APIKEY, HERE, JAVASCRIPT_PEERS, SECRET, STATEMENTS, TABLES, build_floor, build_libjwt,
                      build_webhook_floor)
from webhooks import make_webhooks

SIGN, VERIFY, ISSUE, VALIDATE = (STATEMENTS[name][0] for name in ("sign", "verify", "issue", "validate"))

SAMPLE = 300  # tokens for those outside of the database
SECONDS = 0.3  # for each measurement outside of the database
SIZES = (200, 1_000, 4_000, 16_000, 32_000)  # bytes of a payload
BYTES = 32_000_000  # of all payloads of a size
CLIENTS = (1, 4, 16)

QUICK_CLIENTS = (4,)

# What users of plain SQL write to have a token expire
TIMES = """'iat', extract(epoch FROM clock_timestamp())::bigint,
    'exp', extract(epoch FROM clock_timestamp() + interval '2 hours')::bigint"""

PGCRYPTO = {
    "pgcrypto sign": (f"pgcrypto_sign((payload || jsonb_build_object({TIMES}))::json, '{SECRET}')", "payload"),
    "pgcrypto verify": (f"(pgcrypto_verify(token, '{SECRET}')).is_valid", "token"),
}

# How many, and whether the leader works, too: with one worker alone nothing would be gained
# Few rows many times, so that the workers need not read much: a new process is slow to reach a page of shared memory.
# As often as takes some seconds, beside which the start of the workers is little.
MANY_TIMES = {"issue": "hundredth, generate_series(1, 200)", "validate": "hundredth, generate_series(1, 100)"}
WORKERS = {"no worker": (0, "off"), "1 worker and the leader": (1, "on"), "2 workers": (2, "off")}

REQUESTS = {
    "plain": "SELECT :payload::jsonb;",
    "sign": "SELECT videosdk_sign_token(:payload, :secret, '2 hours');",
    "issue": "SELECT videosdk_issue_token(:payload, '2 hours');",
    "validate": "SELECT videosdk_validate_token(:token);",
}


class Bench:
    def __init__(self, rows, folder):
        self.rows = rows
        self.effort = Effort(rows)
        self.clients = CLIENTS if self.effort.full else QUICK_CLIENTS
        self.folder = folder
        self.database = Database()
        self.facts = {}

    def set_up(self):
        self.database.run_file(HERE / "setup.sql", rows=self.rows, secret=SECRET, apikey=APIKEY)
        self.make_table("sample", self.rows // 50)
        self.make_table("thousandth", self.rows // 1000)
        self.make_table("hundredth", self.rows // 100)
        self.make_table("tenth", self.rows // 10)
        self.database.run("CREATE TABLE triple AS SELECT payload, token FROM tokens, generate_series(1, 3)")
        self.database.run(f"""CREATE TABLE secrets AS
            SELECT payload, secret, videosdk_sign_token(payload, secret, '1 day') AS token
            FROM (SELECT payload, md5(number::text) || md5(payload::text) AS secret FROM tenth) secrets""")
        self.database.run("VACUUM (FREEZE, ANALYZE)")
        for size in SIZES:
            rows = max(10, int(BYTES / size * self.rows / FULL_ROWS))
            self.database.run_file(HERE / "growth.sql", name=f"size_{size}", rows=rows, size=size)
        self.write_sample()
        self.set_up_webhooks()

    def make_table(self, name, rows):
        self.database.run(f"CREATE TABLE {name} AS SELECT * FROM tokens WHERE number <= {max(10, rows)}")

    def write_sample(self):
        """The same payloads and tokens for those outside of the database"""
        rows = self.database.run(f"""SELECT jsonb_build_object('payload', payload, 'body', compact, 'token', token)
            FROM tokens ORDER BY number LIMIT {SAMPLE}""")
        tokens = [json.loads(row) for row in rows]
        (self.folder / "sample.json").write_text(json.dumps({"secret": SECRET, "tokens": tokens}))
        (self.folder / "sample.tsv").write_text("".join(
            f"{json.dumps(each['payload'])}\t{each['body']}\t{each['token']}\n" for each in tokens))

    def set_up_webhooks(self):
        """The same webhooks for all, over and over in the database"""
        self.public_key, webhooks = make_webhooks(self.folder)
        lines = "".join(f"{body}\t{signature}\n" for body, signature in webhooks)
        (self.folder / "webhooks.tsv").write_text(lines)
        (self.folder / "webhooks.json").write_text(json.dumps({"publicKey": self.public_key, "webhooks": webhooks}))
        self.database.run("CREATE TABLE signed_webhooks (body json, signature text)")
        self.database.run(f"\\copy signed_webhooks FROM '{self.folder}/webhooks.tsv'")
        self.database.run(f"""CREATE TABLE webhooks AS SELECT body, signature
            FROM signed_webhooks, generate_series(1, {max(100, self.rows // 1000)})""")
        self.database.run("VACUUM (FREEZE, ANALYZE) webhooks")

    def count(self, name):
        return int(self.database.run(f"SELECT count(*) FROM {name}")[0])

    def statement(self, expression, table):
        return self.database.nanoseconds(f"SELECT count({expression}) FROM {table}")

    def scan(self, column, table):
        """Once more, after others have had the processor's caches"""
        self.statement(column, table)
        return self.statement(column, table)

    # Each measurement is a name and what to call for a figure.

    def in_the_database(self):
        for column, table in TABLES.items():
            yield f"scan {column}", lambda column=column, table=table: self.scan(column, table) / self.rows
        for name, (expression, column) in STATEMENTS.items():
            yield (name, lambda expression=expression, table=TABLES[column]:
                   self.statement(expression, table) / self.rows)

    def with_pgcrypto(self):
        rows = self.count("sample")
        for name, (expression, _) in PGCRYPTO.items():
            yield name, lambda expression=expression: self.statement(expression, "sample") / rows

    def by_rows(self):
        for table in ("thousandth", "hundredth", "tenth", "triple"):
            rows = self.count(table)
            repeat = max(1, self.rows // 10 // rows)  # as often as gives a time to measure
            for name, (expression, scan) in (("sign", (SIGN, "payload")), ("verify", (VERIFY, "token"))):
                def measure(table=table, rows=rows, repeat=repeat, expression=expression, scan=scan):
                    times = [self.statement(expression, table) - self.statement(scan, table) for _ in range(repeat)]
                    return sum(times) / repeat / rows
                yield f"{name}, {rows} rows", measure

    def by_size(self):
        for size in SIZES:
            table = f"size_{size}"
            rows = self.count(table)
            for name, expression in (("payload::text", "payload::text"), ("sign", SIGN), ("verify", VERIFY)):
                yield (f"{name}, {size} bytes",
                       lambda table=table, expression=expression, rows=rows: self.statement(expression, table) / rows)

    def by_secret(self):
        rows = self.count("secrets")
        for name, expression in (
            ("sign, one secret", SIGN),
            ("sign, a secret in every row", "videosdk_sign_token(payload, secret, '2 hours')"),
            ("verify, a secret in every row", "videosdk_verify_token(token, secret)"),
        ):
            yield name, lambda expression=expression: self.statement(expression, "secrets") / rows

    def by_workers(self):
        for title, (workers, leader) in WORKERS.items():
            for name, expression in (("issue", ISSUE), ("validate", VALIDATE)):
                yield (f"{name}, {title}",
                       lambda workers=workers, leader=leader, expression=expression, rows=MANY_TIMES[name]:
                       self.with_workers(workers, leader, expression, rows))

    def with_workers(self, workers, leader, expression, rows):
        self.database.run(f"SET max_parallel_workers_per_gather = {workers}; SET parallel_leader_participation = {leader}")
        plan = " ".join(self.database.run(f"EXPLAIN SELECT count({expression}) FROM {rows}"))
        if workers > 0 and f"Workers Planned: {workers}" not in plan:
            raise RuntimeError(f"no plan with {workers} workers")
        time = self.statement(expression, rows)
        self.database.run("SET max_parallel_workers_per_gather = 0")
        return time

    def webhooks(self):
        rows = self.count("webhooks")
        expression = f"videosdk_verify_webhook(body, signature, '{self.public_key}')"

        def measure():
            return (self.statement(expression, "webhooks") - self.statement("body", "webhooks")) / rows
        yield "verify_webhook", measure
        seconds = str(SECONDS * self.effort.share)
        for name, command in (
            ("OpenSSL, webhook", [build_webhook_floor(self.folder), str(self.folder / "public.pem"),
                                  str(self.folder / "webhooks.tsv"), seconds]),
            ("server-sdk, webhook", ["node", str(HERE / "webhook_peer.js"), str(self.folder / "webhooks.json"), seconds]),
        ):
            yield name, lambda name=name, command=command: self.run_peer(name, command)

    def outside(self):
        seconds = str(SECONDS * self.effort.share)
        sample = str(self.folder / "sample.json")
        lines = str(self.folder / "sample.tsv")
        commands = {peer: ["node", str(HERE / "peers.js"), peer, sample, seconds] for peer in JAVASCRIPT_PEERS}
        commands["PyJWT"] = ["/usr/bin/python3", "-I", str(HERE / "pyjwt.py"), sample, seconds]
        commands["libjwt"] = [build_libjwt(self.folder), SECRET, lines, seconds]
        commands["floor"] = [build_floor(self.folder), SECRET, lines, seconds]
        for name, command in commands.items():
            yield name, lambda name=name, command=command: self.run_peer(name, command)

    def run_peer(self, name, command):
        """Signing and verifying are two figures of one run; what it signs, we verify"""
        figures = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
        token = figures.pop("sample", None)
        if token is not None:
            self.database.run(f"SELECT videosdk_verify_token('{token}', '{SECRET}')")
        if "version" in figures:
            self.facts["PyJWT"] = figures.pop("version")
        return {f"{name} {figure}": value for figure, value in figures.items()}

    def requests(self):
        for clients in self.clients:
            for name, script in REQUESTS.items():
                yield (f"{name}, {clients} clients",
                       lambda script=script, clients=clients: self.pgbench(script, clients))

    def pgbench(self, script, clients):
        """Transactions in the second second: in the first one, each session loads the library"""
        path = self.folder / "script.sql"
        path.write_text(script)
        payload, token = self.database.run("SELECT payload, token FROM tokens WHERE number = 1")[0].split("|")
        command = ["pgbench", "-n", "-M", "prepared", "-T", "2", "-P", "1", "-c", str(clients), "-j", "1", "-f", str(path)]
        for name, value in (("payload", payload), ("token", token), ("secret", SECRET)):
            command += ["-D", f"{name}={value}"]
        output = subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True).stderr
        return float(re.search(r"^progress: 2\.\d s, ([\d.]+) tps", output, re.MULTILINE)[1])

    def measure_memory(self):
        """The backend's own memory, in kB, at the first row and at the last"""
        self.database.run("""CREATE FUNCTION memory() RETURNS int LANGUAGE sql VOLATILE AS
            $$SELECT (regexp_match(pg_read_file('/proc/self/status'), 'RssAnon:\\s+(\\d+) kB'))[1]::int$$""")
        memory = {}
        for name in ("sign", "issue", "decode", "verify", "validate", "inspect", "check", "check_join"):
            expression = STATEMENTS[name][0]
            row = self.database.run(f"""SELECT count({expression}),
                max(CASE number WHEN 1 THEN memory() END), max(CASE number WHEN {self.rows} THEN memory() END)
                FROM tokens""")[0]
            memory[name] = [int(value) for value in row.split("|")[1:]]
        self.facts["memory"] = memory

    def measure(self):
        progress("making the tables")
        self.set_up()
        measurements = [each for part in (
            self.in_the_database, self.with_pgcrypto, self.by_rows, self.by_size, self.by_secret, self.by_workers,
            self.webhooks, self.outside, self.requests) for each in part()]
        self.samples = measure_in_rounds("statements and libraries", self.effort.rounds, measurements)
        progress("memory")
        self.measure_memory()
        progress("")


def command_output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def package_versions():
    """Of the packages that package.json names"""
    names = json.loads((HERE / "package.json").read_text())["dependencies"]
    return {name: json.loads((HERE / "node_modules" / name / "package.json").read_text())["version"] for name in names}


def facts(database):
    processor = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return {
        "processor": processor[1] if processor else "unknown processor",
        "cores": int(command_output("nproc")),
        "PostgreSQL": database.run("SHOW server_version")[0].split()[0],
        "node": command_output("node", "--version").lstrip("v"),
        "OpenSSL": command_output("openssl", "version").split()[1],
        "libjwt": command_output("pkg-config", "--modversion", "libjwt"),
        **package_versions(),
    }


def main(rows, folder):
    bench = Bench(rows, Path(folder))
    bench.facts = facts(bench.database)
    bench.measure()
    json.dump({"rows": rows, "facts": bench.facts, "samples": bench.samples}, sys.stdout)
    print()


main(int(sys.argv[1]), sys.argv[2])
