// A database as its superuser sees it: meetings, unless another is named

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const psql = (args, database, options) =>
  execFileSync("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", ...args, "-d", database ?? process.env.PGDATABASE], options);

// The rows of a query as JSON. It comes by standard input, where no other user sees it.
export function query(sql, database) {
  const input = `SELECT coalesce(json_agg(q), '[]') FROM (${sql}) AS q;`;
  return JSON.parse(psql(["-A", "-t"], database, { input, maxBuffer: 2 ** 24 }));
}

export const run = (sql, database) => psql([], database, { input: sql });

// Run a file with these variables in its environment
export const load = (file, variables, database) => psql(["-f", file], database, { env: { ...process.env, ...variables } });

// What stands in a file as a comment below a line that begins with these words: a script
export const advice = (file, words = "Try it") =>
  readFileSync(file, "utf8").match(new RegExp(`^-- ${words}.*\n--\n((?:--     .*\n)+)`, "m"))[1].replace(/^--     /gm, "");

// The SQLSTATE of a statement that a role tries; "00000" if it succeeds
export function tryAs(role, statement) {
  const input = `SET ROLE ${role};\n${statement};\n\\echo :SQLSTATE\n`;
  return execFileSync("psql", ["-X", "-q", "-A", "-t"], { input, stdio: ["pipe", "pipe", "ignore"] }).toString().trim();
}

export const secrets = () =>
  query("SELECT split_part(o, '=', 2) AS secret FROM pg_user_mapping, unnest(umoptions) AS o WHERE o ~ '^secret='")
    .map(({ secret }) => secret);
