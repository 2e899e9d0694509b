// The extension, through psql: nothing else needs to be installed.

import { execFileSync } from "node:child_process";

// Hexadecimal passes through COPY, psql and every encoding unharmed.
const toHex = (text) => Buffer.from(text).toString("hex");
const fromHex = (hex) => Buffer.from(hex, "hex").toString("utf8");

// Call a function of functions.sql for each list of its arguments, which are texts or bytes
function call(name, lists) {
  const rows = lists.map((list, i) => `${i}\t{${list.map((argument) => `"\\\\\\\\x${toHex(argument)}"`)}}\n`);
  const input = `
COPY call FROM STDIN;
${rows.join("")}\\.
COPY (SELECT encode(convert_to(pg_temp.${name}(VARIADIC arguments)::text, 'UTF8'), 'hex')
      FROM call ORDER BY number) TO STDOUT;
`;
  const output = execFileSync("psql", ["-X", "-q", "-f", "functions.sql", "-f", "-"], {
    input,
    encoding: "utf8",
    maxBuffer: Infinity,
    stdio: ["pipe", "pipe", "inherit"],
  });
  return output.trimEnd().split("\n").map((line) => JSON.parse(fromHex(line)));
}

// [{ token } or { error }]
export const sign = (cases) =>
  call("sign", cases.map(({ payload, secret }) => [JSON.stringify(payload), secret]));

// [{ status, detail, inspected, and verified and decoded, or error, the SQLSTATE }]
export const judge = (cases) => call("judge", cases.map(({ token, secret }) => [token, secret]));

// [{ event } or { error, the SQLSTATE }]
export const verifyWebhooks = (cases) =>
  call("verify_webhook", cases.map(({ body, signature, publicKey }) => [body, signature, publicKey]));
