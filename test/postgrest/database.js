// The database as its superuser sees it

import { execFileSync } from "node:child_process";

// The rows of a query as JSON. It comes by standard input, where no other user sees it.
export function query(sql) {
  const input = `SELECT coalesce(json_agg(q), '[]') FROM (${sql}) AS q;`;
  return JSON.parse(execFileSync("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"], { input, maxBuffer: 2 ** 24 }));
}

export const run = (sql) => execFileSync("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1"], { input: sql });

// Run a file with these variables in its environment
export const load = (file, variables) =>
  execFileSync("psql", ["-X", "-q", "-f", file], { env: { ...process.env, ...variables } });

// The SQLSTATE of a statement that a role tries; "00000" if it succeeds
export function tryAs(role, statement) {
  const input = `SET ROLE ${role};\n${statement};\n\\echo :SQLSTATE\n`;
  return execFileSync("psql", ["-X", "-q", "-A", "-t"], { input, stdio: ["pipe", "pipe", "ignore"] }).toString().trim();
}

export const secrets = () =>
  query("SELECT split_part(o, '=', 2) AS secret FROM pg_user_mapping, unnest(umoptions) AS o WHERE o ~ '^secret='")
    .map(({ secret }) => secret);
