"""The part of the report about the jobs that jobs.py has measured."""

from figures import draw, judged, microseconds, number, table

# Title, what is measured in the database, what in Node, and how many times as long that shall take at least
JOBS = [
    ("500 tokens for a course", "course, SQL", "course, Node", 5),
    ("a report over {rows:,} tokens", "report, no worker", "report, Node", 5),
    ("the same, by two workers", "report, 2 workers", "report, Node", 9),
]
SERVICES = ("PostgREST", "Node")


def time(nanoseconds):
    milliseconds = nanoseconds / 1e6
    return f"{number(milliseconds)} ms" if milliseconds < 1000 else f"{number(milliseconds / 1000)} s"


def all_connections(figures):
    return figures.numbers(r"Node, (\d+) connections")


def job_rows(figures):
    for title, ours, theirs, goal in JOBS:
        yield (title.format(rows=figures.rows), time(figures.median(ours)), time(figures.median(theirs)),
               *judged(figures.ratio(theirs, ours), goal))


def course_sentence(figures):
    """How much of the first job is the same for both"""
    constants, ours, theirs = (figures.median(f"course, {what}") for what in ("constants", "SQL", "Node"))
    return (f"Reading a course and inserting as many constants takes {time(constants)} in the database, which both sides have"
            f" to do.  Beyond that, SQL takes {time(ours - constants)} and Node {time(theirs - constants)},"
            f" {number((theirs - constants) / (ours - constants))} times as long.")


def report_sentence(figures):
    """Where the time of the second job goes"""
    sql, node = (figures.median(f"report, {side} without a check") for side in ("SQL", "Node"))
    token = lambda name, reading: microseconds((figures.median(f"report, {name}") - reading) / figures.rows)
    return (f"Without a look at the tokens, the report takes {time(sql)} in SQL and {time(node)} in Node.  Beyond that, SQL"
            f" takes {token('no worker', sql)} µs for a token and Node {token('Node', node)} µs, or"
            f" {token('Node without stacks', node)} µs with `--stack-trace-limit=0`: `verifyToken` throws an error for each"
            " token that has expired.")


def request_rows(figures):
    for connections in all_connections(figures):
        names = [f"{service}, {connections} connections" for service in SERVICES]
        yield (str(connections), *(f"{1e9 / figures.median(name):,.0f}" for name in names),
               number(figures.ratio(names[1], names[0])[0]), *(time(figures.median(f"{name}, p99")) for name in names))


def processor_rows(figures):
    connections = all_connections(figures)[-1]
    for service in SERVICES:
        times = [figures.median(f"{service}, {connections} connections, {part}") for part in ("service", "backends")]
        yield (service, *map(microseconds, times), microseconds(sum(times)))


def enumerated(words):
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def ahead_sentence(figures):
    def where(suffix):
        there = [str(connections) for connections in all_connections(figures)
                 if figures.ratio(*(f"{service}, {connections} connections{suffix}" for service in SERVICES))[0] > 1]
        return f"at {enumerated(there)} connections" if there else "nowhere"

    return f"**Node is ahead** in requests a second {where('')}, in the 99th percentile {where(', p99')}."


def share_sentence(figures):
    """The extension's part of a request's time"""
    request = f"PostgREST, {all_connections(figures)[0]} connections"
    middle, rounds, goal = judged([100 * ratio for ratio in figures.ratio("extension", request)], -5)
    return (f"**This extension's part of a request** through PostgREST is {middle} % of its time ({rounds}; goal: {goal}):"
            f" {microseconds(figures.median('extension'))} µs of the {microseconds(figures.median(request))} µs that a request"
            " takes at one connection.  That is how much longer building the payload and issuing the token takes in PL/pgSQL"
            " than a constant, each time in a transaction of its own, as in a request.")


def jobs_report(figures):
    return "\n".join([
        *table(("job", "SQL", "Node", "Node : SQL", "rounds", "goal"), job_rows(figures)),
        course_sentence(figures),
        "",
        report_sentence(figures),
        "",
        "One token by HTTP:",
        "",
        *table(("connections", "PostgREST, requests a second", "Node", "PostgREST : Node",
                "PostgREST, 99th percentile", "Node"), request_rows(figures)),
        ahead_sentence(figures),
        "",
        f"Processor time of a request at {all_connections(figures)[-1]} connections, in µs:",
        "",
        *table(("", "service", "its database sessions", "both"), processor_rows(figures)),
        f"`api.join_meeting` alone, called in PL/pgSQL, takes {microseconds(figures.median('join_meeting'))} µs.",
        "",
        share_sentence(figures),
    ])


def draw_jobs(figures, chart):
    rows = [(title.format(rows=figures.rows), *(figures.median(name) / (500 if "course" in name else figures.rows)
                                                for name in (ours, theirs))) for title, ours, theirs, _ in JOBS]
    rows += [(f"one token by HTTP, {connections} connection{'s' if connections > 1 else ''}",
              *(figures.median(f"{service}, {connections} connections") for service in SERVICES))
             for connections in all_connections(figures)]
    draw(chart, rows, heading="Microseconds from one token to the next; shorter is better",
         first="SQL, or PostgREST", second="Node", least=0.5, most=10000)
