"""What measure.py and jobs.py have measured, and how a page shows it."""

import json
import re
import subprocess
import tempfile
from statistics import median

from subjects import HERE, STATEMENTS, TABLES


class Figures:
    def __init__(self, path):
        """A file of both's lines"""
        with open(path, encoding="utf8") as file:
            statements, jobs = (json.loads(line) for line in file)
        self.rows = statements["rows"]
        self.facts = statements["facts"]
        self.samples = statements["samples"] | jobs["samples"]
        self.make_net()

    def make_net(self):
        """Statements without what it takes to read the rows, round by round"""
        scans = {column: self.samples[f"scan {column}"] for column in TABLES}
        for name, (_, column) in STATEMENTS.items():
            self.samples[name] = [gross - read for gross, read in zip(self.samples[name], scans[column])]
        for what in ("sign", "verify"):
            self.samples[f"{what}, {self.rows} rows"] = self.samples[what]
        self.samples["extension"] = [
            token - constant for token, constant in zip(self.samples["token"], self.samples["constant"])]
        self.samples["floor"] = [sum(pair) for pair in zip(self.samples["floor hmac"], self.samples["floor base64url"])]

    def median(self, name):
        return median(self.samples[name])

    def ratio(self, one, other):
        """Median, least and greatest of the rounds' ratios"""
        ratios = [a / b for a, b in zip(self.samples[one], self.samples[other])]
        return median(ratios), min(ratios), max(ratios)

    def names(self, pattern):
        return [name for name in self.samples if re.fullmatch(pattern, name)]

    def numbers(self, pattern):
        """The numbers that names have for the pattern's group"""
        return sorted(int(re.fullmatch(pattern, name)[1]) for name in self.names(pattern))


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def number(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def microseconds(nanoseconds):
    return number(nanoseconds / 1000)


def judged(ratio, goal):
    """Median, rounds and goal of a ratio, as three columns; a negative goal is one of at most so much, else of at least"""
    middle, least, most = ratio
    met = middle <= -goal if goal < 0 else middle >= goal
    return (number(middle), f"{number(least)} to {number(most)}",
            f"{'at most' if goal < 0 else 'at least'} {abs(goal)}{'' if met else ', **missed**'}")


def draw(chart, rows, **variables):
    """Two bars for each row of a title and their nanoseconds, or None; chart.gp says which variables there are"""
    with tempfile.NamedTemporaryFile("w", encoding="utf8") as data:
        for title, *bars in rows:
            data.write("\t".join([f'"{title}"', *("NaN" if bar is None else str(bar / 1000) for bar in bars)]) + "\n")
        data.flush()
        settings = "; ".join(f"{name} = {value!r}" for name, value in {"chart": chart, "data": data.name, **variables}.items())
        subprocess.run(["gnuplot", "-e", settings, str(HERE / "chart.gp")], check=True)
