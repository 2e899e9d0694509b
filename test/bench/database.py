"""A psql session that tells how long its statements take."""

import re
import subprocess


class Database:
    def __init__(self):
        self.psql = subprocess.Popen(
            ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-f", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, sql):
        """What it prints, as lines"""
        self.psql.stdin.write(f"{sql}\n;\n\\echo end of output\n")
        self.psql.stdin.flush()
        lines = []
        while (line := self.psql.stdout.readline().rstrip("\n")) != "end of output":
            if line == "" and self.psql.poll() is not None:
                raise RuntimeError(f"psql ended: {sql}")
            lines.append(line)
        return lines

    def run_file(self, path, **variables):
        for name, value in variables.items():
            self.run(f"\\set {name} {value}")
        return self.run(f"\\i {path}")

    def nanoseconds(self, sql):
        """How long a statement takes"""
        output = "\n".join(self.run(f"\\timing on\n{sql};\n\\timing off"))
        return float(re.search(r"Time: ([\d.]+) ms", output)[1]) * 1e6
