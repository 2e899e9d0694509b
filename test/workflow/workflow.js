// .github/workflows/ci.yml, as read, and its jobs as they are started: one for each combination of a matrix

import { readFileSync } from "node:fs";
import { parse } from "yaml";

export const text = readFileSync(new URL("../../.github/workflows/ci.yml", import.meta.url), "utf8");
export const workflow = parse(text);

// The majors of scripts/lib/majors: { major, release, packaged }
export const majors = readFileSync(new URL("../../scripts/lib/majors", import.meta.url), "utf8")
  .split("\n").filter((line) => /^\d/.test(line)).map((line) => line.split(" "))
  .map(([major, release, kind]) => ({ major, release, packaged: kind === "package" }));

// The image of a release; for sid, the one whose apt has experimental, too
export const image = (release) =>
  ({ noble: "ubuntu:noble", sid: "debian:experimental" })[release] ?? `debian:${release}`;

// All combinations of the lists of a matrix
const combinations = (matrix) =>
  Object.entries(matrix).reduce(
    (made, [name, values]) => made.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))), [{}]);

// A value in which each ${{ matrix.NAME }} is replaced
const expand = (value, matrix) =>
  typeof value === "string"
    ? value.replace(/\$\{\{ (matrix[.\w]*) \}\}/g, (_, path) =>
      path.split(".").slice(1).reduce((at, name) => at?.[name], matrix) ?? "")
    : Array.isArray(value) ? value.map((one) => expand(one, matrix))
      : value && typeof value === "object"
        ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, expand(one, matrix)]))
        : value;

// [{ id, job }]
export const jobs = Object.entries(workflow.jobs).flatMap(([id, job]) =>
  combinations(job.strategy.matrix).map((matrix) => ({ id, job: expand(job, matrix) })));
