"""guard.py: fail if signing or verifying takes much more work than it did.

Work is counted in instructions, by valgrind's callgrind, in a single-user backend on the data folder of the sandbox, so
that it is the same on a busy machine.  It is compared with PostgreSQL's own work on the same rows, and OpenSSL's with
that of a loop around HMAC-SHA256 alone.  About half of the time of signing is OpenSSL's: what makes either part half
again as much makes signing a quarter slower.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROWS = 1000
SECRET = "3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c"
APIKEY = "8a1f5c1e-7d2b-4c59-9e36-2f7b1c0d4e5f"

STATEMENTS = {
    "scan": "SELECT count(payload), count(compact), count(token) FROM tokens",
    "payload::text": "SELECT count(payload::text), count(compact), count(token) FROM tokens",
    "text::jsonb": "SELECT count(payload), count(compact::jsonb), count(token) FROM tokens",
    "sign": f"SELECT count(videosdk_sign_token(payload, '{SECRET}', '2 hours')), count(compact), count(token) FROM tokens",
    "issue": "SELECT count(videosdk_issue_token(payload, '2 hours')), count(compact), count(token) FROM tokens",
    "verify": f"SELECT count(payload), count(compact), count(videosdk_verify_token(token, '{SECRET}')) FROM tokens",
    "validate": "SELECT count(payload), count(compact), count(videosdk_validate_token(token)) FROM tokens",
}

# Outside of OpenSSL: the work of a function, what it is compared with, and the share that it had when this was written
SHARES = [
    ("sign", "payload::text", 0.54),
    ("issue", "payload::text", 0.61),
    ("verify", "text::jsonb", 0.97),
    ("validate", "text::jsonb", 0.98),
]
MARGIN = 1.5


class Work:
    """Instructions in libcrypto and elsewhere"""

    def __init__(self, crypto=0, other=0):
        self.crypto = crypto
        self.other = other

    def __sub__(self, less):
        return Work(self.crypto - less.crypto, self.other - less.other)


def count(command, folder, text=None):
    """The work of a command"""
    profile = folder / "callgrind"
    valgrind = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={profile}", *command]
    subprocess.run(valgrind, input=text, check=True, text=True, stdout=subprocess.DEVNULL)
    annotate = ["callgrind_annotate", "--threshold=100", "--show-percs=no", "--auto=no", str(profile)]
    lines = subprocess.run(annotate, check=True, stdout=subprocess.PIPE, text=True).stdout
    work = Work()
    for instructions, place in re.findall(r"^ *([\d,]+) +(\S.*:.* \[.*\])$", lines, re.MULTILINE):
        if "libcrypto" in place.rpartition("[")[2]:
            work.crypto += int(instructions.replace(",", ""))
        else:
            work.other += int(instructions.replace(",", ""))
    return work


def make_tables():
    variables = ["-v", f"rows={ROWS}", "-v", f"secret={SECRET}", "-v", f"apikey={APIKEY}"]
    subprocess.run(["psql", "-Xq", *variables, "-f", str(HERE / "setup.sql")], check=True, stdout=subprocess.DEVNULL)


def count_statements(folder):
    data = os.environ["VIDEOSDK_TOKEN_SANDBOX"] + "/data"
    subprocess.run(["pg_ctl", "--silent", "--wait", f"--pgdata={data}", "stop"], check=True)
    postgres = Path(subprocess.run(["pg_config", "--bindir"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip())
    backend = [str(postgres / "postgres"), "--single", "-D", data, "-c", "jit=off", "-c", "log_checkpoints=off", "postgres"]
    return {name: count(backend, folder, statement + "\n") for name, statement in STATEMENTS.items()}


def count_hmac(folder):
    """OpenSSL's work for a token in a loop: that of 2,000 less that of 1,000"""
    program = str(folder / "hmac_loop")
    source = [str(HERE / "hmac_loop.c"), str(HERE / "../../src/bytes/hmac_sha256.c")]
    subprocess.run(["gcc", "-O2", "-I", str(HERE / "../../src"), "-o", program, *source, "-lcrypto"], check=True)
    once, twice = (count([program, SECRET, "310", str(rows)], folder) for rows in (ROWS, 2 * ROWS))
    return (twice - once).crypto / ROWS


def checks(folder):
    """Title, figure, limit"""
    make_tables()
    work = count_statements(folder)
    net = {name: each - work["scan"] for name, each in work.items()}
    for name, other, share in SHARES:
        yield f"{name} : {other}, instructions outside of OpenSSL", net[name].other / net[other].other, MARGIN * share
    hmac = count_hmac(folder)
    for name, _, _ in SHARES:
        yield f"{name} : HMAC in a loop, OpenSSL's instructions", net[name].crypto / ROWS / hmac, MARGIN


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for title, figure, limit in checks(Path(folder)):
            good = 0 < figure <= limit
            print(f"{'ok' if good else 'not ok'} - {title}: {figure:.2f}, at most {limit:.2f}")
            passed += good
            failed += not good
    print(f"1..{passed + failed}")
    return 1 if failed else 0


sys.exit(main())
