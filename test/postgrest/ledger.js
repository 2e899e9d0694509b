// examples/ledger.sql behind PostgREST: what is logged of a token, and what is refused once it is revoked or its user banned

import { advice, load, query, run } from "./database.js";
import { testDeciding } from "./joining.js";
import { payloadOf } from "./jwt.js";
import { check } from "./report.js";

const EXAMPLE = "../../examples/ledger.sql";

const refusal = (status, code, message = /./) => ({ status, body: { code, message } });
const logged = (token) => query(`SELECT *, extract(epoch FROM issued_at) AS iat, extract(epoch FROM expires_at) AS exp
  FROM app.issued_tokens WHERE jti = '${payloadOf(token).jti}'`);
const count = () => query("SELECT count(*) FROM app.issued_tokens")[0].count;

async function testLog(client) {
  check("tokens that were issued ahead are in the ledger", query(`SELECT count(*) FROM app.issued_tokens AS i JOIN app.tokens AS t
    ON i.jti::text = videosdk.videosdk_decode_token(t.token) ->> 'jti'`), [{ count: 505 }]);
  const { body: token } = await client.join("bob", 1);
  const { jti, iat, exp } = payloadOf(token);
  check("a token that bob gets is logged", logged(token), ([row, ...others]) =>
    others.length === 0 && row.jti === jti && row.room_id === "2kyv-gzay-64pg" && row.participant_id === "bob" &&
    row.issued_by === "bob" && row.iat === iat && row.exp === exp && row.revoked_at === null);
  check("but not the token", JSON.stringify(logged(token)).includes(token.split(".")[2].slice(0, 10)), false);
  const before = count();
  await client.join("mallory", 1);
  await client.join("alice", 2);
  check("nothing is logged of who gets none", count(), before);
}

async function testRevocation(client) {
  const tokens = [];
  for (const user of ["bob", "bob", "alice"]) tokens.push((await client.join(user, 1)).body);
  run(`UPDATE app.issued_tokens SET revoked_at = clock_timestamp() WHERE jti = '${payloadOf(tokens[0]).jti}'`);
  check("a token that is revoked gives 403 and 28V05", await client.validate(tokens[0]), refusal(403, "28V05", /revoked/));
  for (const token of tokens.slice(1)) check("another is valid", await client.validate(token), { status: 200, body: payloadOf(token) });
  check("a token in the URL gives 405, as before", await client.get("/rpc/validate_token?token=x", { user: "bob" }), { status: 405 });
}

async function testBan(client) {
  const { body: token } = await client.join("bob", 1);
  run("INSERT INTO app.bans VALUES ('bob')");
  check("who is banned gets 403", await client.join("bob", 1), refusal(403, "42501", "you are banned"));
  check("and the token that he has is revoked", await client.validate(token), refusal(403, "28V05"));
  check("others join", await client.join("alice", 1), { status: 200 });
  run("DELETE FROM app.bans");
  check("and so does he afterwards", await client.join("bob", 1), { status: 200 });
  check("and with the token that he had", await client.validate(token), { status: 200 });
}

async function testHidden(client) {
  for (const name of ["log_token", "participant_token_unlogged", "is_banned", "keep_ledger"])
    check(`POST /rpc/${name} does not reach it`, await client.call(name, {}, { user: "bob" }), { status: 404 });
  for (const table of ["issued_tokens", "issued_tokens_default", "bans"])
    check(`/${table} is not there`, await client.get(`/${table}`, { user: "bob" }), { status: 404 });
}

// The statements that stand at the end of the example
async function testAdvice(client) {
  const [log, revoke, ban, end] = advice(EXAMPLE).trim().split("\n");
  const { body: token } = await client.join("bob", 1);
  check("it shows the tokens that bob has", run(log).toString(), /2kyv-gzay-64pg \|.*\| bob\n/);
  run(revoke);
  check("it takes back bob's", await client.validate(token), refusal(403, "28V05"));
  check("and bob gets another", await client.join("bob", 1), { status: 200 });
  run(ban);
  check("unless he is banned", await client.join("bob", 1), refusal(403, "42501"));
  run(end);
  check("until he is let in again", await client.join("bob", 1), { status: 200 });
}

export async function testLedger(client, postgrest) {
  load(EXAMPLE);
  await postgrest.reload();
  await testDeciding(client);
  await testLog(client);
  await testRevocation(client);
  await testBan(client);
  await testHidden(client);
  await testAdvice(client);
}
