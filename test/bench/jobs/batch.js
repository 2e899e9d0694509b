// batch.js: what a Node service does for a whole table.  Reads the name of a job and a number, a line each; writes how long it
// took, in nanoseconds, and the report, as JSON.

import { createInterface } from "node:readline";
import { VideoSDK, verifyToken } from "@videosdk.live/server-sdk";
import pg from "pg";
import Cursor from "pg-cursor";

const { VIDEOSDK_APIKEY: apiKey, VIDEOSDK_SECRET: secret } = process.env;
const BATCH = 10_000;

const sdk = new VideoSDK({ apiKey, secret });
const client = new pg.Client();
await client.connect();

// One statement to read, one to write
async function course(number) {
  const { rows } = await client.query({
    name: "students",
    text: "SELECT room, student, permissions FROM courses JOIN students USING (course) WHERE course = $1",
    values: [number],
  });
  const tokens = rows.map(({ room, student, permissions }) =>
    sdk.accessToken().setParticipant(student).grant(...permissions).forRoom(room).expiresIn("2h").toJwt());
  await client.query({
    name: "tokens",
    text: "INSERT INTO course_tokens SELECT $1, * FROM unnest($2::text[], $3::text[])",
    values: [number, rows.map(({ student }) => student), tokens],
  });
}

const STATUS = { "Token has expired": "expired", "Invalid token signature": "bad_signature" };

function verifiedStatus(token) {
  try {
    verifyToken(token, secret);
    return "valid";
  } catch ({ message }) {
    return STATUS[message] ?? "malformed";
  }
}

// Of so many rows.  The next ones are on their way while these are verified.
async function report(count, statusOf = verifiedStatus) {
  const counts = {};
  const text = "SELECT to_char(issued_at, 'YYYY-MM') AS month, token FROM token_log LIMIT $1";
  const cursor = client.query(new Cursor(text, [count], { rowMode: "array" }));
  let next = cursor.read(BATCH);
  for (let rows = await next; rows.length > 0; rows = await next) {
    next = cursor.read(BATCH);
    for (const [month, token] of rows) {
      const key = `${month} ${statusOf(token)}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
  }
  await cursor.close();
  return counts;
}

const readReport = (count) => report(count, () => "unread");

const jobs = { course, report, readReport };
for await (const line of createInterface({ input: process.stdin })) {
  const [job, argument] = line.split(" ");
  const start = process.hrtime.bigint();
  const result = await jobs[job](argument);
  console.log(JSON.stringify({ nanoseconds: Number(process.hrtime.bigint() - start), result }));
}
await client.end();
