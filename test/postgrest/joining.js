// Who gets which token

import { execFileSync } from "node:child_process";
import { verifyToken } from "@videosdk.live/server-sdk";
import { login } from "./client.js";
import { advice, query, run } from "./database.js";
import { payloadOf } from "./jwt.js";
import { check } from "./report.js";

const { VIDEOSDK_APIKEY: apikey, VIDEOSDK_SECRET: secret } = process.env;

const ROOM = "2kyv-gzay-64pg";
const end = (meeting) => query(`SELECT extract(epoch FROM ends_at) AS end FROM app.meetings WHERE id = ${meeting}`)[0].end;

// The statements and commands that stand at the ends of the examples; those of tenants.sql make meeting 5
function testAdvice(client) {
  const tenants = run(advice("../../examples/tenants.sql")).toString();
  check("what tenants.sql says to try works", tenants, /\n +\| bad_signature +\| valid\n/);
  const lines = advice("../../examples/meetings.sql").trim().split("\n");
  check("what meetings.sql says to try works in SQL", run(lines[0]).toString(), /\n eyJ/);
  const env = { ...process.env, API: client.url, LOGIN: login({ sub: "alice" }) };
  const answer = execFileSync("bash", ["-c", lines.slice(1).join("\n")], { env, stdio: ["ignore", "pipe", "ignore"] }).toString();
  check("and over HTTP", JSON.parse(answer), /^eyJ/);
}

// What the SDK reads in a token, or its error
function verified(token) {
  try {
    return verifyToken(token, secret);
  } catch (error) {
    return String(error);
  }
}

async function testInvited(client) {
  const kinds = { alice: ["allow_join", "allow_mod"], bob: ["allow_join"], carol: ["ask_join"] };
  for (const [user, permissions] of Object.entries(kinds)) {
    const { status, body } = await client.join(user, 1);
    check(`${user} gets a token`, status, 200);
    check(`${user}'s token is what @videosdk.live/server-sdk verifies`, verified(body), {
      apikey, permissions, version: 2, roomId: ROOM, participantId: user, roles: ["rtc"],
      exp: (exp) => Math.abs(exp - end(1)) <= 1,
    });
  }
  check("alice sees her meetings", (await client.get("/meetings?select=id&order=id", { user: "alice" })).body,
    [1, 2, 3, 4, 5].map((id) => ({ id })));
  check("bob sees his", (await client.get("/meetings?select=id,kind", { user: "bob" })).body, [{ id: 1, kind: "guest" }]);
}

async function testRefused(client) {
  const uninvited = { status: 403, body: { code: "42501", message: "you are not invited to this meeting" } };
  check("the uninvited gets 403", await client.join("mallory", 1), uninvited);
  check("and so does who asks for a meeting that does not exist", await client.join("mallory", 99), uninvited);
  check("a user whose JWT has no sub gets 403", await client.join({}, 1), uninvited);
  check("a meeting that is over gives 410", await client.join("alice", 4),
    { status: 410, body: { message: "this meeting is over" } });
  check("a meeting without a room gives 400 and says why", await client.join("alice", 2),
    { status: 400, body: { code: "22023", message: /"roomId"/, hint: /every room/ } });
  check("anonymous gets 401", await client.join(undefined, 1), { status: 401, body: { code: "42501" } });
  check("anonymous gets 401 for the meetings, too", await client.get("/meetings"), { status: 401 });
  check("anonymous gets 401 for validating", await client.validate("x", { user: undefined }), { status: 401 });
}

async function testTimeZones(client) {
  for (const zone of ["Pacific/Kiritimati", "America/New_York", "Etc/GMT+12"]) {
    const { headers, body } = await client.join("alice", 1, { headers: { Prefer: `timezone=${zone}` } });
    check(`PostgREST applies timezone=${zone}`, headers.get("Preference-Applied"), `timezone=${zone}`);
    check("and the token ends with the meeting", payloadOf(body).exp, (exp) => Math.abs(exp - end(1)) <= 1);
  }
}

// Sessions of the pool are shared by all users.
async function testManyAtOnce(client) {
  const users = Array.from({ length: 200 }, (_, n) => `student${n + 1}`);
  const answers = await Promise.all(users.map((user) => client.join(user, 3)));
  check("200 students at once get each their own token",
    answers.map(({ body }) => verified(body).participantId), users);
}

export async function testJoining(client) {
  testAdvice(client);
  await testDeciding(client);
}

// What holds for whatever else is loaded on top of meetings.sql, too
export async function testDeciding(client) {
  await testInvited(client);
  await testRefused(client);
  await testTimeZones(client);
  await testManyAtOnce(client);
}
