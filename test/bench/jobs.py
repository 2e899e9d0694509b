"""jobs.py ROWS FOLDER: measure three jobs, done in the database by this extension and done by a Node service, in the empty
database that psql finds, with the folder for its files; the figures go to standard output as JSON, on one line.
"""

import json
import os
import subprocess
import sys
from itertools import count
from pathlib import Path

from database import Database
from rounds import Effort, measure_in_rounds, progress
from services import MEETING, Node, Postgrest, write_logins
from subjects import APIKEY, HERE, SECRET

COURSES = 20  # for each measurement
CONNECTIONS = (1, 8, 64)
SECONDS = 2  # for each measurement by HTTP
CALLS = 10_000

# In one statement each; $1 is the course
PAYLOAD = "videosdk_participant_payload(room, student, permissions)"
INSERT = "INSERT INTO course_tokens SELECT course, student, {} FROM courses JOIN students USING (course) WHERE course = $1"
COURSE = INSERT.format(f"videosdk_issue_token({PAYLOAD}, '2 hours', 'courses')")
REPORT = """SELECT to_char(date_trunc('month', issued_at), 'YYYY-MM'), (videosdk_check_token(token)).status, count(*)
    FROM token_log GROUP BY date_trunc('month', issued_at), 2"""
READ_REPORT = """SELECT to_char(date_trunc('month', issued_at), 'YYYY-MM'), count(token)
    FROM token_log GROUP BY date_trunc('month', issued_at)"""

# What a request needs of this extension
TOKEN = """videosdk_issue_token(videosdk_participant_payload('2kyv-gzay-64pg', 'student-1',
    custom_claims => jsonb_build_object('jti', gen_random_uuid())), '2 hours')"""

# Enough memory to count without sorting; one thread, or two
SETTINGS = "SET work_mem = '256MB'; SET parallel_leader_participation = off; SET max_parallel_workers_per_gather = {}"


class Batch:
    """The Node process of jobs/batch.js"""

    def __init__(self, *options):
        self.node = subprocess.Popen(["node", *options, str(HERE / "jobs/batch.js")],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, job):
        """Nanoseconds, and the result"""
        self.node.stdin.write(f"{job}\n")
        self.node.stdin.flush()
        answer = json.loads(self.node.stdout.readline())
        return answer["nanoseconds"], answer.get("result")


class Jobs:
    def __init__(self, rows, folder):
        self.rows = rows
        self.effort = Effort(rows)
        self.folder = folder
        self.seconds = SECONDS if self.effort.full else 1
        self.courses = count(1)

    def set_up(self):
        subprocess.run(["psql", "-Xq", "-o", "/dev/null", "-f", str(HERE / "../../examples/meetings.sql")], check=True)
        self.database = Database()
        self.database.run_file(HERE / "jobs/tables.sql", rows=self.rows, apikey=APIKEY, secret=SECRET)
        self.database.run(f"SET search_path = public, videosdk; PREPARE course AS {COURSE}")
        self.database.run(f"PREPARE constants AS {INSERT.format('repeat(md5(student), 12)')}")
        self.database.run("""SET request.jwt.claims = '{"sub": "student-1"}'""")  # as PostgREST does for api.join_meeting
        self.logins = write_logins(self.folder, self.database)
        self.batch = Batch()
        self.batch_without_stacks = Batch("--stack-trace-limit=0")
        self.services = [Postgrest(self.logins, self.database), Node(self.logins, self.database)]

    # Tokens for a course, in nanoseconds a course

    def course_by(self, run):
        return sum(run(next(self.courses)) for _ in range(COURSES)) / COURSES

    def course_in_sql(self, course):
        return self.database.nanoseconds(f"EXECUTE course({course})")

    def course_of_constants(self, course):
        return self.database.nanoseconds(f"EXECUTE constants({course})")

    def course_in_node(self, course):
        return self.batch.run(f"course {course}")[0]

    # A report, in nanoseconds

    def report_in_sql(self, report, workers=0):
        self.database.run(SETTINGS.format(workers))
        plan = " ".join(self.database.run(f"EXPLAIN {report}"))
        if workers > 0 and f"Workers Planned: {workers}" not in plan:
            raise RuntimeError(f"no plan with {workers} workers: {plan}")
        return self.database.nanoseconds(report)

    def report_in_node(self, job="report"):
        return self.batch.run(f"{job} {self.rows}")[0]

    def report_without_stacks(self):
        """For all rows, by some of them"""
        rows = min(self.rows, 200_000)
        return self.batch_without_stacks.run(f"report {rows}")[0] * self.rows / rows

    def call(self, expression):
        """Nanoseconds for an expression in PL/pgSQL, each time in a transaction of its own, as in a request"""
        return self.database.nanoseconds(f"""DO $$ DECLARE answer text; BEGIN
            FOR i IN 1..{CALLS} LOOP answer := {expression}; COMMIT; END LOOP; END $$""") / CALLS

    # Nothing is measured unless both sides' output is right.  That warms both up, too.

    def require(self, what, sql, expected):
        actual = self.database.run(sql)
        if actual != expected:
            raise RuntimeError(f"{what}: {actual}, not {expected}")

    def check(self):
        for run in (self.course_in_sql, self.course_in_node):
            first = next(self.courses)
            self.course_by(run)
            run(first)
            self.require(f"tokens by {run.__name__}", f"""SELECT count(*) FROM courses JOIN students USING (course)
                JOIN course_tokens USING (course, student)
                WHERE course = {first} AND (videosdk_check_token(token, 'courses')).status = 'valid'
                    AND videosdk_decode_token(token) - 'iat' - 'exp' =
                        videosdk_participant_payload(room, student, permissions, apikey => '{APIKEY}')""", ["500"])
        self.database.run(SETTINGS.format(0))
        counts = [row.split("|") for row in self.database.run(REPORT)]
        ours = {f"{month} {status}": int(number) for month, status, number in counts}
        theirs = self.batch.run(f"report {self.rows}")[1]
        self.report_without_stacks()
        if ours != theirs or sum(ours.values()) != self.rows:
            raise RuntimeError(f"the reports differ: {ours}, {theirs}")
        for service in self.services:
            self.check_service(service)
            service.load(max(CONNECTIONS), 5 if self.effort.full else 1)

    def check_service(self, service):
        login = self.logins.read_text().split()[0]
        status, token = service.post(login)
        forged, _ = service.post(login[:-4] + "AAAA")
        if (status, forged) != (200, 401):
            raise RuntimeError(f"{service.name} answers {status}, and {forged} to a forged login")
        self.require(f"the token by {service.name}", f"""SELECT allowed, payload ? 'jti', payload - '{{iat,exp,jti}}'::text[] =
                videosdk_participant_payload('2kyv-gzay-64pg', 'student-1', apikey => '{APIKEY}')
            FROM (VALUES ('{token}')) AS t (token), videosdk_check_join(token, '2kyv-gzay-64pg', 'student-1'),
                videosdk_check_token(token)""", ["t|t|t"])

    def measurements(self):
        for name, run in (("course, SQL", self.course_in_sql), ("course, constants", self.course_of_constants),
                          ("course, Node", self.course_in_node)):
            yield name, lambda run=run: self.course_by(run)
        yield "report, no worker", lambda: self.report_in_sql(REPORT)
        yield "report, 2 workers", lambda: self.report_in_sql(REPORT, workers=2)
        yield "report, SQL without a check", lambda: self.report_in_sql(READ_REPORT)
        yield "report, Node", self.report_in_node
        yield "report, Node without a check", lambda: self.report_in_node("readReport")
        yield "report, Node without stacks", self.report_without_stacks
        for connections in CONNECTIONS:
            for service in self.services:
                yield (f"{service.name}, {connections} connections",
                       lambda service=service, connections=connections: service.load(connections, self.seconds))
        yield "constant", lambda: self.call("'constant'")
        yield "token", lambda: self.call(TOKEN)
        yield "join_meeting", lambda: self.call(f"api.join_meeting({MEETING})")

    def measure(self):
        progress("three jobs: making the tables")
        self.set_up()
        progress("three jobs: comparing the results")
        self.check()
        samples = measure_in_rounds("three jobs", self.effort.rounds, list(self.measurements()))
        for service in self.services:
            service.stop()
        progress("")
        return samples


def main(rows, folder):
    os.environ.update(VIDEOSDK_APIKEY=APIKEY, VIDEOSDK_SECRET=SECRET)
    json.dump({"samples": Jobs(rows, Path(folder)).measure()}, sys.stdout)
    print()


main(int(sys.argv[1]), sys.argv[2])
