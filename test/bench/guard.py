"""guard.py: fail if signing, decoding or verifying takes more work than its budget.

Work is counted in instructions, by valgrind's callgrind, so that it is the same on a busy machine: of a statement over all
rows, in a single-user backend on a copy of the sandbox's data folder, less those of reading the rows.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from subjects import APIKEY, HERE, SECRET, STATEMENTS, TABLES, build_floor

# What, compared with what, and how often at most it may take its work.  make bench has the same budget, in time.
BUDGET = [
    ("sign", "payload::text", 1.3),
    ("decode", "text::jsonb, text in jsonb's order", 0.8),
    ("verify", "text::jsonb, text in jsonb's order", 1.4),
    ("inspect", "verify", 1.4),
    ("sign", "floor", 2.5),
    ("issue", "sign", 1.25),
    ("validate", "verify", 1.25),
    ("issue, all options", "issue", 1.25),
    ("validate, all options", "validate", 1.15),
    ("check", "validate", 1.4),
    ("check_join", "check", 1.25),
]

# Callgrind's processor has no instructions for SHA-256.  On those that do, each of OpenSSL's instructions that callgrind counts
# stands for so many of the others', by the time that make bench finds for HMAC-SHA256 and for payload::text.
OPENSSL_WEIGHT = 0.4

# What calls OpenSSL, and how often at most its work in floor.c, which is an HMAC-SHA256 for each token
OPENSSL = ("sign", "issue", "verify", "validate")
OPENSSL_MOST = 1.25

ROWS = 1000


@dataclass
class Work:
    """Instructions of OpenSSL and of all others"""

    openssl: float = 0
    others: float = 0

    @property
    def total(self):
        return OPENSSL_WEIGHT * self.openssl + self.others

    def __sub__(self, less):
        return Work(self.openssl - less.openssl, self.others - less.others)


def callgrind(folder, command, *options, text=None):
    """The work of a command"""
    profile = Path(folder, "callgrind")
    valgrind = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={profile}", *options]
    subprocess.run([*valgrind, *command], input=text, check=True, text=True, stdout=subprocess.DEVNULL)
    annotate = ["callgrind_annotate", "--threshold=100", "--show-percs=no", "--auto=no", str(profile)]
    lines = subprocess.run(annotate, check=True, stdout=subprocess.PIPE, text=True).stdout
    work = Work()
    for instructions, place in re.findall(r"^ *([\d,]+) +(\S.*:.* \[.*\])$", lines, re.MULTILINE):
        whose = "openssl" if "libcrypto" in place.rpartition("[")[2] else "others"
        setattr(work, whose, getattr(work, whose) + int(instructions.replace(",", "")))
    return work


def psql(*arguments):
    return subprocess.run(["psql", "-Xq", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def make_tables(folder):
    """The tables; the rows as floor.c reads them; and the data folder of a server that has stopped"""
    variables = ["-v", f"rows={ROWS}", "-v", f"secret={SECRET}", "-v", f"apikey={APIKEY}"]
    psql(*variables, "-f", str(HERE / "setup.sql"))
    Path(folder, "sample.tsv").write_text(psql("-c", "COPY (SELECT payload, compact, token FROM tokens) TO STDOUT"))
    data = os.environ["VIDEOSDK_TOKEN_SANDBOX"] + "/data"
    subprocess.run(["pg_ctl", "--silent", "--wait", f"--pgdata={data}", "stop"], check=True)
    return data


def count_statement(data, expression, column):
    """The work of a statement, and all around it"""
    bindir = subprocess.run(["pg_config", "--bindir"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(data, Path(folder, "data"))
        backend = [f"{bindir}/postgres", "--single", "-D", str(copy), "-c", "jit=off", "-c", "log_checkpoints=off", "postgres"]
        return callgrind(folder, backend, text=f"SELECT count({expression}) FROM {TABLES[column]}\n")


def count_floor(folder):
    """The work of floor.c, which in no time goes over the rows twice: once to warm up"""
    command = [build_floor(folder), SECRET, str(Path(folder, "sample.tsv")), "0"]
    twice = callgrind(folder, command, "--toggle-collect=compute_hmac", "--toggle-collect=encode")
    return Work(twice.openssl / 2, twice.others / 2)


def count_all(folder):
    """The work of each of the budget's, for all rows"""
    data = make_tables(folder)
    names = {name for one, other, _ in BUDGET for name in (one, other)} - {"floor"}
    statements = {name: STATEMENTS[name] for name in sorted(names)}
    scans = {column: (column, column) for _, column in statements.values()}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counting = {name: pool.submit(count_statement, data, *each) for name, each in (statements | scans).items()}
        work = {name: each.result() for name, each in counting.items()}
    return {name: work[name] - work[column] for name, (_, column) in statements.items()} | {"floor": count_floor(folder)}


def checks(work):
    """Title, ratio, and the most it may be"""
    for one, other, most in BUDGET:
        yield f"{one} : {other}", work[one].total / work[other].total, most
    for name in OPENSSL:
        yield f"{name} : floor, OpenSSL's instructions", work[name].openssl / work["floor"].openssl, OPENSSL_MOST


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = count_all(folder)
    for name, each in work.items():
        print(f"# {name}: {each.openssl / ROWS:,.0f} instructions of OpenSSL a row, {each.others / ROWS:,.0f} of others")
    passed = failed = 0
    for title, ratio, most in checks(work):
        good = 0 < ratio <= most
        print(f"{'ok' if good else 'not ok'} - {title}: {ratio:.2f}, at most {most:.2f}")
        passed += good
        failed += not good
    print(f"1..{passed + failed}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
