// Write the steps of each job of the first runner to a script in a folder, and print a line for each: its file, the major of PostgreSQL
// whose release its container is of, and what it runs: node steps.js FOLDER

import { writeFileSync } from "node:fs";
import { image, jobs, majors, workflow } from "./workflow.js";

const runner = workflow.jobs.check.strategy.matrix.runner[0];

// What is in the place of actions/checkout, in a copy of the tree, which lacks git's own files: without git it would leave no repository
const CHECKOUT = "cp /mnt/.gitattributes /mnt/.gitignore . && git init -q && git add --all && git -c user.name=ci -c user.email=ci commit -q -m checkout";

const quote = (word) => `'${word.replaceAll("'", "'\\''")}'`;

jobs.filter(({ job }) => job["runs-on"] === runner).forEach(({ job }, index) => {
  const file = `${process.argv[2]}/${index}.sh`;
  const container = job.container.image ?? job.container;
  const settings = Object.entries(job.env).map(([name, value]) => `export ${name}=${quote(value)}`);
  const steps = job.steps.map(({ run }) => `sh -ec ${quote(run ?? CHECKOUT)}`);
  writeFileSync(file, ["set -e", ...settings, ...steps, ""].join("\n"));
  console.log([file, majors.find(({ release }) => image(release) === container).major, job.name].join("\t"));
});
