// Tokens and payloads that are sent to endpoints

import { run } from "./database.js";
import { after, payloadOf, signJwt } from "./jwt.js";
import { check } from "./report.js";

const { VIDEOSDK_APIKEY: apikey, VIDEOSDK_SECRET: secret } = process.env;

const ROOM = "2kyv-gzay-64pg"; // of meeting 1
const OTHER_SECRET = "another secret, only for this test";

const claims = (others) => ({ apikey, permissions: ["allow_join"], exp: after(600), ...others });
const sign = (others, ...rest) => signJwt(claims(others), secret, ...rest);

const refusal = (status, code, message = /./) => ({ status, body: { code, message } });

async function testTokens(client) {
  const { body: token } = await client.join("bob", 1);
  check("a good token gives its payload", await client.validate(token), { status: 200, body: payloadOf(token) });
  check("so does the token of another tenant", await client.validate((await client.join("alice", 5)).body),
    { status: 200, body: { roomId: "7wzr-kdpc-88qa" } });

  const widened = { ...payloadOf(token), permissions: ["allow_join", "allow_mod"] };
  const forged = {
    "signed with another secret": signJwt(claims(), "0".repeat(64)),
    "of a guest who makes himself a moderator": signJwt(widened, "x").replace(/[^.]*$/, token.split(".")[2]),
    "with alg none": sign({}, { alg: "none" }),
    "with crit": sign({}, { alg: "HS256", crit: ["x"], x: 1 }),
    "with the apikey of nobody": signJwt(claims({ apikey: "nobody" }), "0".repeat(64)),
  };
  for (const [what, value] of Object.entries(forged))
    check(`a token ${what} gives 403 and 28V01`, await client.validate(value), refusal(403, "28V01"));
  check("an expired token gives 403 and 28V02", await client.validate(sign({ exp: after(-60) })), refusal(403, "28V02"));
  check("a premature token gives 403 and 28V03", await client.validate(sign({ nbf: after(60) })), refusal(403, "28V03"));
  check("a token without permissions gives 403 and 28V04", await client.validate(sign({ permissions: undefined })),
    refusal(403, "28V04"));
  check("a token of our secret and another apikey gives 403 and 28V04", await client.validate(sign({ apikey: "other" })),
    refusal(403, "28V04"));
}

async function testNoTokens(client) {
  for (const token of ["x", "", "a.b.c", `Bearer ${sign()}`, `${sign()} `, "x".repeat(70_000)])
    check(`${JSON.stringify(token.slice(0, 10))} of ${token.length} characters gives 400 and 22P02`,
      await client.validate(token), refusal(400, "22P02"));
  check("what is no text gives 400 and 22P02", await client.validate({ a: [1] }), refusal(400, "22P02"));
  check("a null gives 400 and 22004", await client.validate(null), refusal(400, "22004"));
  check("a missing token gives 400 and 22004", await client.call("validate_token", {}, { user: "bob" }),
    refusal(400, "22004"));
  check("an empty body gives 400 and 22004", await client.send("POST", "/rpc/validate_token", { user: "bob" }),
    refusal(400, "22004"));
}

// PostgREST writes the URL into its log, and so may each proxy.
async function testTokensInUrls(client) {
  for (const method of ["GET", "HEAD"])
    check(`${method} with a good token in the URL gives 405`,
      await client.send(method, `/rpc/validate_token?token=${sign()}`, { user: "bob" }), { status: 405 });
}

// [ what, token, room, participant, code ]
const joins = (token) => [
  ["a good token", token, ROOM, "bob", null],
  ["no token", null, ROOM, "bob", 4002],
  ["an expired token", sign({ exp: after(-60) }), ROOM, "bob", 4002],
  ["a forged token", signJwt(claims(), "0".repeat(64)), ROOM, "bob", 4002],
  ["ask_join beside allow_join", sign({ permissions: ["ask_join", "allow_join"] }), ROOM, "bob", 4008],
  ["another room", token, "9fqx-tmbe-21hd", "bob", 4022],
  ["another participant", token, ROOM, "alice", 4023],
];

async function testReports(client) {
  const { body: token } = await client.join("bob", 1);
  const status = async (token) => (await client.call("check_for_test", { token }, { user: "bob" })).body.status;
  check("the status of a good token is valid", await status(token), "valid");
  check("that of a null is missing", await status(null), "missing");
  for (const [what, value, room_id, participant_id, code] of joins(token))
    check(`${what}: the client is ${code ? `refused with ${code}` : "let in"}`,
      await client.call("check_join_for_test", { token: value, room_id, participant_id }, { user: "bob" }),
      { status: 200, body: { allowed: code === null, code } });
}

const payload = (others) => ({
  permissions: ["allow_join"], version: 2, roles: ["rtc"], roomId: ROOM, participantId: "bob", jti: "1", ...others,
});

// [ what, payload, message, hint ]
const badPayloads = [
  ["a misspelt claim", payload({ roomId: undefined, roomID: "r" }), /"roomID" must be spelt "roomId"/, /every room/],
  ["no roomId where the server requires one", payload({ roomId: undefined }), /"roomId" is missing/, /requires/],
  ["no jti where the server requires one", payload({ jti: undefined }), /"jti" is missing/, /requires/],
  ["ask_join beside allow_join", payload({ permissions: ["ask_join", "allow_join"] }), /"ask_join" alone/, /4008/],
  ["white space in an id", payload({ participantId: "bob 1" }), /"participantId"/, /4004/],
  ["a null roomId", payload({ roomId: null }), /"roomId"/, /every room/],
  ["an unknown permission", payload({ permissions: ["allow_all"] }), /permission/, /./],
  ["a role that the server does not allow", payload({ roles: ["crawler"] }), /role/],
  ["no role where the server lists some", payload({ roles: undefined }), /roles/],
  ["another apikey", payload({ apikey: "other" }), /"apikey"/],
  ["exp", payload({ exp: after(60) }), /"exp"/, /expires_in/],
  ["iat", payload({ iat: after(0) }), /"iat"/],
  ["an array", [1], /object/],
];

async function testPayloads(client) {
  const issue = (body) => client.call("issue_for_test", body, { user: "bob" });
  check("a good payload gives a token", await issue({ payload: payload() }), { status: 200, body: /^ey/ });
  for (const [what, value, message, hint] of badPayloads)
    check(`${what} gives 400, message and hint`, await issue({ payload: value }),
      { status: 400, body: { code: "22023", message, ...(hint && { hint }) } });
  check("two days give 400", await issue({ payload: payload(), expires_in: "2 days" }), refusal(400, "22023"));
  check("no payload gives 400 and 22004", await issue({}), refusal(400, "22004", /payload/));
}

const alter = (options) => run(`ALTER USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (${options})`);
const at = (seconds) => new Date(after(seconds) * 1000).toISOString();

// PostgREST's sessions have used the old secret, and stay open.
async function testRotation(client) {
  const { body: old } = await client.join("bob", 1);
  alter(`SET secret '${OTHER_SECRET}', ADD previous_secret '${secret}', ADD previous_until '${at(600)}'`);
  const { body: token } = await client.join("bob", 1);
  check("after a rotation, the next token is good", await client.validate(token), { status: 200 });
  check("and signed with the new secret", token, signJwt(payloadOf(token), OTHER_SECRET));
  check("and so is the old one", await client.validate(old), { status: 200 });
  alter(`SET previous_until '${at(-1)}'`);
  check("until the time is over: 403 and 28V01", await client.validate(old), refusal(403, "28V01"));
  alter(`SET secret '${secret}', DROP previous_secret, DROP previous_until`);
  check("and back", await client.validate(old), { status: 200 });
}

async function testRevocation(client) {
  const { body: token } = await client.join("bob", 1);
  run(`ALTER SERVER videosdk OPTIONS (ADD revoked_before '${at(1)}')`);
  check("after revoked_before, the token gives 403 and 28V05", await client.validate(token), refusal(403, "28V05"));
  run("ALTER SERVER videosdk OPTIONS (DROP revoked_before)");
  check("and is good again without it", await client.validate(token), { status: 200 });
}

export async function testValidating(client) {
  await testTokens(client);
  await testNoTokens(client);
  await testTokensInUrls(client);
  await testReports(client);
  await testPayloads(client);
  await testRotation(client);
  await testRevocation(client);
}
