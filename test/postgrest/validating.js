// Tokens and payloads that are sent to endpoints

import { run } from "./database.js";
import { after, payloadOf, signJwt } from "./jwt.js";
import { check } from "./report.js";

const { VIDEOSDK_APIKEY: apikey, VIDEOSDK_SECRET: secret } = process.env;

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

const payload = (others) => ({ permissions: ["allow_join"], version: 2, roles: ["rtc"], ...others });

// [ what, payload, message, hint ]
const badPayloads = [
  ["a misspelt claim", payload({ roomID: "r" }), /"roomID" must be spelt "roomId"/, /good for more than meant/],
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

// PostgREST's sessions have used the old secret, and stay open.
async function testRotation(client) {
  const { body: old } = await client.join("bob", 1);
  run("ALTER USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (SET secret 'another secret, only for this test')");
  check("after ALTER USER MAPPING, the old token gives 403", await client.validate(old), refusal(403, "28V01"));
  const { body: token } = await client.join("bob", 1);
  check("and the next one is good", await client.validate(token), { status: 200 });
  run(`ALTER USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (SET secret '${secret}')`);
  check("and back", await client.validate(old), { status: 200 });
}

export async function testValidating(client) {
  await testTokens(client);
  await testNoTokens(client);
  await testPayloads(client);
  await testRotation(client);
}
