// service.js: what a Node service does for a caller with a login, POST /rpc/join_meeting {"meeting": 1000}; the same answers as
// examples/meetings.sql gives behind PostgREST.  Says which port it listens on.

import { VideoSDK } from "@videosdk.live/server-sdk";
import { createVerifier } from "fast-jwt";
import Fastify from "fastify";
import pg from "pg";

const { VIDEOSDK_APIKEY: apiKey, VIDEOSDK_SECRET: secret, LOGIN_SECRET, POOL } = process.env;

const sdk = new VideoSDK({ apiKey, secret });
const verifyLogin = createVerifier({ key: LOGIN_SECRET, algorithms: ["HS256"] });
const pool = new pg.Pool({ max: Number(POOL), idleTimeoutMillis: 0 });

const GRANTS = { host: ["allow_join", "allow_mod"], guest: ["allow_join"], waiting: ["ask_join"] };
const SCHEMA = { type: "object", properties: { meeting: { type: "integer" } }, required: ["meeting"] };

const app = Fastify();

app.addHook("onRequest", async (request, reply) => {
  try {
    request.user = verifyLogin(request.headers.authorization.slice("Bearer ".length));
  } catch {
    reply.code(401).send({ message: "log in first" });
  }
});

app.post("/rpc/join_meeting", { schema: { body: SCHEMA } }, async (request, reply) => {
  const userId = request.user.sub;
  const { rows: [invitation] } = await pool.query({
    name: "invitation",
    text: `SELECT m.room, m.ends_at, p.kind FROM app.meetings AS m JOIN app.participants AS p ON p.meeting = m.id
      WHERE m.id = $1 AND p.user_id = $2`,
    values: [request.body.meeting, userId],
  });
  if (!invitation) return reply.code(403).send({ message: "you are not invited to this meeting" });
  const seconds = Math.floor((invitation.ends_at - Date.now()) / 1000);
  if (seconds < 1) return reply.code(410).send({ message: "this meeting is over" });
  const token = sdk.accessToken().setParticipant(userId).grant(...GRANTS[invitation.kind]).forRoom(invitation.room)
    .expiresIn(seconds).setClaim("jti", crypto.randomUUID()).toJwt();
  return reply.type("application/json").send(JSON.stringify(token));
});

await app.listen({ host: "127.0.0.1", port: 0 });
console.log(`Listening on port ${app.server.address().port}`);
