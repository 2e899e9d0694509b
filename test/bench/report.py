"""report.py FIGURES [README CHART]: the report of measure.py's figures, printed; or put into a README, and drawn."""

import json
import re
import subprocess
import sys
import tempfile
from statistics import median

from guard import BUDGET
from subjects import PEERS, SDK, STATEMENTS, TABLES

BEGIN = "<!-- make bench writes what follows -->"
END = "<!-- up to here -->"


class Figures:
    def __init__(self, path):
        with open(path, encoding="utf8") as file:
            everything = json.load(file)
        self.rows = everything["rows"]
        self.facts = everything["facts"]
        self.samples = everything["samples"]
        self.make_net()

    def make_net(self):
        """Statements without what it takes to read the rows, round by round"""
        scans = {column: self.samples[f"scan {column}"] for column in TABLES}
        for name, (_, column) in STATEMENTS.items():
            self.samples[name] = [gross - read for gross, read in zip(self.samples[name], scans[column])]
        for what in ("sign", "verify"):
            self.samples[f"{what}, {self.rows} rows"] = self.samples[what]
        self.samples["floor"] = [sum(pair) for pair in zip(self.samples["floor hmac"], self.samples["floor base64url"])]

    def median(self, name):
        return median(self.samples[name])

    def ratio(self, one, other):
        """Median, least and greatest of the rounds' ratios"""
        ratios = [a / b for a, b in zip(self.samples[one], self.samples[other])]
        return median(ratios), min(ratios), max(ratios)

    def names(self, pattern):
        return [name for name in self.samples if re.fullmatch(pattern, name)]

    def clients(self):
        return sorted(int(name.split()[1]) for name in self.names(r"plain, \d+ clients"))


def title(one, other):
    return re.sub(r"[\w@./-]*(::|/)[\w-]+", r"`\g<0>`", f"{one} : {other}")


def peers_budget(figures):
    """VideoSDK's own library, and the fastest of the others"""
    for what, goal in (("sign", 6.5), ("verify", 3)):
        sdk, *others = sorted((f"{peer} {what}" for peer in PEERS if peer != "pgcrypto"),
                              key=lambda name: (not name.startswith(SDK), figures.median(name)))
        for name in (sdk, others[0]):
            yield f"`{name.removesuffix(' ' + what)}` : {what}", name, what, goal


def requests_budget(figures):
    for clients in figures.clients():
        for name, goal in (("issue", 0.95), ("validate", 0.92)):
            if clients > 1:
                yield (f"pgbench, {clients} clients, {name} : plain, transactions", f"{name}, {clients} clients",
                       f"plain, {clients} clients", goal)


def budget(figures):
    """Title, ratio, and goal: at most if negative, else at least"""
    rows = [(title(one, other), one, other, -most) for one, other, most in BUDGET] + [
        ("SQL over pgcrypto : sign", "pgcrypto sign", "sign", 30),
        ("SQL over pgcrypto : verify", "pgcrypto verify", "verify", 20),
        *peers_budget(figures),
        ("verify_webhook : OpenSSL's `EVP_DigestVerify`", "verify_webhook", "OpenSSL, webhook verify", -1.15),
        ("verify_webhook : `@videosdk.live/server-sdk`", "verify_webhook", "server-sdk, webhook verify", -0.6),
        *requests_budget(figures),
        ("issue, no worker : two workers", "issue, no worker", "issue, 2 workers", 1.7),
        ("validate, no worker : two workers", "validate, no worker", "validate, 2 workers", 1.7),
    ]
    return [(title, figures.ratio(one, other), goal) for title, one, other, goal in rows]


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def number(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def microseconds(nanoseconds):
    return number(nanoseconds / 1000)


def budget_rows(figures):
    for title, (middle, least, most), goal in budget(figures):
        met = middle <= -goal if goal < 0 else middle >= goal
        yield (title, number(middle), f"{number(least)} to {number(most)}",
               f"{'at most' if goal < 0 else 'at least'} {abs(goal)}{'' if met else ', **missed**'}")


def per_token_rows(figures):
    ours = {"sign": figures.median("sign"), "verify": figures.median("verify")}
    yield ("videosdk_token", microseconds(ours["sign"]), "1", microseconds(ours["verify"]), "1")
    for peer, title in PEERS.items():
        row = [title]
        for what in ("sign", "verify"):
            row += [microseconds(figures.median(f"{peer} {what}")), number(figures.ratio(f"{peer} {what}", what)[0])]
        yield row


def request_rows(figures):
    for clients in figures.clients():
        plain = f"plain, {clients} clients"
        yield (str(clients), f"{figures.median(plain):,.0f}",
               *(number(figures.ratio(f"{name}, {clients} clients", plain)[0]) for name in ("sign", "issue", "validate")))


def growth_rows(figures):
    for count in sorted(int(name.split()[1]) for name in figures.names(r"sign, \d+ rows")):
        yield (f"{count:,}", *(number(figures.ratio(f"{what}, {count} rows", f"{what}, {figures.rows} rows")[0])
                               for what in ("sign", "verify")))


def size_rows(figures):
    sizes = sorted(int(name.split()[1]) for name in figures.names(r"sign, \d+ bytes"))
    for size in sizes:
        yield (f"{size:,}", *(number(figures.median(f"{what}, {size} bytes") / size)
                              for what in ("payload::text", "sign", "verify")))


def memory_sentence(figures):
    growth = {name: last - first for name, (first, last) in figures.facts["memory"].items()}
    name = max(growth, key=growth.get)
    return (f"Memory of the backend's own at the last row, less that at the first: at most {growth[name]} kB"
            f" ({', '.join(growth)}; goal: at most 1,024 kB).")


def report(figures):
    facts = figures.facts
    versions = ", ".join(f"{name} {facts[name]}" for name in (
        "PostgreSQL", "OpenSSL", "node", "jsonwebtoken", "@videosdk.live/server-sdk", "fast-jwt",
        "@node-rs/jsonwebtoken", "PyJWT", "libjwt"))
    ratio = lambda one, other: number(figures.ratio(one, other)[0])
    lines = [
        f"One run on a virtual machine with {facts['cores']} cores ({facts['processor']}); {versions}.  Medians of"
        f" {len(figures.samples['sign'])} rounds with the least and the greatest, {figures.rows:,} rows in memory, without"
        " the time to read them.",
        "",
        *table(("ratio", "median", "rounds", "goal"), budget_rows(figures)),
        "A token on one thread, on that machine, and as a multiple of ours:",
        "",
        *table(("", "sign, µs", "", "verify, µs", ""), per_token_rows(figures)),
        f"The floor, OpenSSL's HMAC-SHA256 and base64url of the same bytes in a loop, is"
        f" {microseconds(figures.median('floor'))} µs ({microseconds(figures.median('floor hmac'))} +"
        f" {microseconds(figures.median('floor base64url'))}).",
        "",
        "Prepared statements by pgbench: transactions per second of `SELECT $1::jsonb`, and the others' as a share of them:",
        "",
        *table(("clients", "plain", "sign", "issue", "validate"), request_rows(figures)),
        f"The time for a row, as a multiple of that at {figures.rows:,} rows:",
        "",
        *table(("rows", "sign", "verify"), growth_rows(figures)),
        "Nanoseconds for a byte of the payload, reading it included:",
        "",
        *table(("bytes", "`payload::text`", "sign", "verify"), size_rows(figures)),
        f"With another secret in every row, signing takes {ratio('sign, a secret in every row', 'sign, one secret')} times as"
        f" long.  One worker besides the leader issues {ratio('issue, no worker', 'issue, 1 worker and the leader')} times as"
        f" fast as none, two workers without the leader {ratio('issue, no worker', 'issue, 2 workers')} times.",
        "",
        memory_sentence(figures),
    ]
    return "\n".join(lines)


def put_into(readme, text):
    with open(readme, encoding="utf8") as file:
        before, rest = file.read().split(BEGIN)
        after = rest.split(END)[1]
    with open(readme, "w", encoding="utf8") as file:
        file.write(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


def draw(figures, chart):
    """Bars of signing and verifying, the fastest first"""
    rows = [("OpenSSL's HMAC and base64url", figures.median("floor"), None),
            ("videosdk_token", figures.median("sign"), figures.median("verify"))]
    rows += sorted(((title, figures.median(f"{peer} sign"), figures.median(f"{peer} verify"))
                    for peer, title in PEERS.items()), key=lambda row: row[1])
    with tempfile.NamedTemporaryFile("w", encoding="utf8") as data:
        for title, sign, verify in rows:
            data.write(f'"{title}"\t{sign / 1000}\t{"NaN" if verify is None else verify / 1000}\n')
        data.flush()
        subprocess.run(["gnuplot", "-e", f"chart = '{chart}'; data = '{data.name}'", f"{sys.path[0]}/chart.gp"], check=True)


def main(path, readme=None, chart=None):
    figures = Figures(path)
    text = report(figures)
    print(text)
    if readme is not None:
        draw(figures, chart)
        put_into(readme, text)


main(*sys.argv[1:])
