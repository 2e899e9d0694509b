// examples/webhooks.sql behind PostgREST: what VideoSDK sends, what others send in its name, and what is lost on the way

import { execFileSync } from "node:child_process";
import { constants, generateKeyPairSync, sign as signBytes, verify } from "node:crypto";
import { mkdtempSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { WebhooksResource } from "@videosdk.live/server-sdk";
import { Client } from "./client.js";
import { advice, load, query, run, tryAs } from "./database.js";
import { check } from "./report.js";

const EXAMPLE = "../../examples/webhooks.sql";
const ROOM = "2kyv-gzay-64pg"; // of meeting 1, to which alice, bob and carol are invited
const SESSION = "613731342f27f56e4fc4b6d0";
const MARK = "confidential-3f9a";

const makeKey = (bits = 2048) => generateKeyPairSync("rsa", { modulusLength: bits });
const pem = ({ publicKey }, type = "spki") => publicKey.export({ type, format: "pem" });
const videosdk = makeKey();
const stranger = makeKey();

const sign = (body, { privateKey } = videosdk, hash = "RSA-SHA256", options = {}) =>
  signBytes(hash, Buffer.from(body), { key: privateKey, ...options }).toString("base64");

const event = (webhookType, data) => JSON.stringify({ webhookType, data: { meetingId: ROOM, sessionId: SESSION, ...data } });
const joined = (participantId, data) => event("participant-joined", { participantId, participantName: "x", ...data });
const left = (participantId, data) => event("participant-left", { participantId, participantName: "x", ...data });

const deliver = (client, body, signature = sign(body), others = {}) =>
  client.send("POST", "/rpc/videosdk_webhook", { body, headers: { "videosdk-signature": signature, ...others } });

const stored = () => query("SELECT body::text AS body, event, received_again_at AS again FROM app.webhook_events ORDER BY id");
const forget = () => run("TRUNCATE app.webhook_events, app.presence");
const refusal = (status, code, message = /./) => ({ status, body: { code, message } });

// Events that are signed, however they are written
const bodies = {
  "as JSON.stringify writes it": joined("bob"),
  "with blanks and line breaks": `\r\n{ "webhookType"\t:"participant-joined",\n  "data" : { "meetingId":"${ROOM}" } }  `,
  "with a newline at its end": `${joined("bob")}\n`,
  "with escapes": '{"webhookType":"x","data":{"a\\u0062":"\\u00e9\\ud83d\\ude00\\/\\"\\\\"}}',
  "with characters of two, three and four bytes": '{"webhookType":"x","data":{"name":"Zoé 日本 😀"}}',
  "with duplicate members": '{"webhookType":"y","webhookType":"x","data":{"a":1},"data":{"a":2}}',
  "with numbers that JavaScript writes otherwise": '{"webhookType":"x","data":{"a":1.0,"b":1e2,"c":-0.0,"d":12345678901234567890}}',
  "with members that JavaScript sorts": '{"2":0,"1":0,"webhookType":"x"}',
  "without a type": "{}",
  "of 1 MiB": `{"webhookType":"${"x".repeat(1024 * 1024 - 18)}"}`,
};

async function testGood(client) {
  for (const [what, body] of Object.entries(bodies)) {
    forget();
    check(`an event ${what} gives 204`, await deliver(client, body), { status: 204 });
    const [row, ...others] = stored();
    check("and is stored once, byte for byte", [row?.body === body, others.length, row?.again], [true, 0, null]);
    check("as its members", query("SELECT count(*) FROM app.webhook_events WHERE event::text = (body::jsonb)::text"), [{ count: 1 }]);
  }
}

// [ what, body, signature, answer ]
const bad = () => {
  const body = joined("bob", { participantName: MARK });
  const signature = sign(body);
  return [
    ["a signature by another key", body, sign(body, stranger), refusal(403, "28V01", "webhook has no valid signature")],
    ["the signature of another event", body, sign(joined("alice")), refusal(403, "28V01")],
    ["a signature of SHA-1", body, sign(body, videosdk, "RSA-SHA1"), refusal(403, "28V01")],
    ["a signature of SHA-512", body, sign(body, videosdk, "RSA-SHA512"), refusal(403, "28V01")],
    ["a signature by RSA-PSS", body, sign(body, videosdk, "RSA-SHA256", { padding: constants.RSA_PKCS1_PSS_PADDING }), refusal(403, "28V01")],
    ["a signature that is cut off", body, signature.slice(0, 340), refusal(403, "28V01")],
    ["a signature of zeros", body, Buffer.alloc(256).toString("base64"), refusal(403, "28V01")],
    ["a signature in base64url", body, Buffer.from(signature, "base64").toString("base64url"), refusal(400, "22P02", "webhook is malformed")],
    ["a signature with a comma", body, `${signature},`, refusal(400, "22P02")],
    ["two signatures", body, `${sign(body, stranger)}, ${signature}`, refusal(400, "22P02")],
    ["a token in the place of the signature", body, "eyJhbGciOiJIUzI1NiJ9.e30.x", refusal(400, "22P02")],
    ["an array, signed", "[]", undefined, refusal(400, "22P02", "webhook is malformed")],
    ["an escaped NUL, signed", '{"a":"\\u0000"}', undefined, refusal(400, "22P02", "webhook is malformed")],
    ["65 levels, signed", `${'{"a":'.repeat(64)}[]${"}".repeat(64)}`, undefined, refusal(400, "22P02", "webhook is malformed")],
    ["more than 1 MiB, signed", `${bodies["of 1 MiB"]} `, undefined, refusal(400, "22P02", "webhook is malformed")],
    // PostgREST itself refuses what is no JSON, and passes on a number as something else
    ["what is no JSON, signed", `{"a":`, undefined, refusal(400, "PGRST102")],
    ["half of a surrogate pair, signed", '{"a":"\\ud800"}', undefined, refusal(400, "PGRST102")],
    ["a byte order mark, signed", `\ufeff${body}`, undefined, refusal(400, "PGRST102")],
    ["bytes that are not UTF-8, signed", Buffer.from(joined("\u00ff"), "latin1"), undefined, refusal(400, "PGRST102")],
    ["a number, signed", "1", undefined, refusal(403, "28V01")],
  ];
};

async function testBad(client) {
  forget();
  for (const [what, body, signature, answer] of bad())
    check(`${what} gives ${answer.status} and ${answer.body.code}`, await deliver(client, body, signature), answer);
  const unsigned = { body: joined("bob") };
  check("an event without a signature gives 400 and 22004", await client.send("POST", "/rpc/videosdk_webhook", unsigned),
    refusal(400, "22004", /"signature"/));
  check("no body gives 400", await client.send("POST", "/rpc/videosdk_webhook", { headers: { "videosdk-signature": sign("") } }),
    { status: 400 });
  check("an event as text/plain is not taken", await deliver(client, joined("bob"), undefined, { "Content-Type": "text/plain" }),
    { status: 404 });
  check("a user who has logged in may not send any", await client.call("videosdk_webhook", joined("bob"),
    { user: "bob", headers: { "videosdk-signature": sign(joined("bob")) } }), refusal(403, "42501"));
  check("nothing of this is stored", [stored(), query("TABLE app.presence")], [[], []]);
}

async function testMethods(client) {
  const headers = { "videosdk-signature": sign("{}") };
  for (const [method, path, status] of [["GET", "", 404], ["GET", "?body=%7B%7D", 404], ["HEAD", "", 404], ["PUT", "", 405], ["DELETE", "", 405]])
    check(`${method} /rpc/videosdk_webhook${path} gives ${status}`,
      await client.send(method, `/rpc/videosdk_webhook${path}`, { headers }), { status });
  for (const method of ["GET", "HEAD"])
    check(`nor would a ${method} be taken that got so far`,
      tryAs("anon", `SET request.method = '${method}'; SELECT api.videosdk_webhook('{}')`), "PT405");
}

// A proxy that changes what passes through; calls a function with a client that goes that way
async function throughProxy(url, change, use) {
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    const answer = await fetch(url + request.url, {
      method: request.method,
      headers: { "Content-Type": "application/json", "videosdk-signature": request.headers["videosdk-signature"] },
      body: change(Buffer.concat(chunks)),
    });
    response.writeHead(answer.status, { "Content-Type": answer.headers.get("Content-Type") ?? "text/plain" }).end(await answer.text());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use(new Client(`http://127.0.0.1:${server.address().port}`));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const body = ` { "webhookType": "participant-left", "data": { "meetingId": "${ROOM}", "participantId": "bob" } }`;
const replaced = (from, to) => (bytes) => Buffer.from(bytes.toString().replace(from, to));

// [ what the proxy does, change ]
const changes = [
  ["changes a letter", replaced("bob", "rob")],
  ["adds a blank", replaced("{", "{ ")],
  ["takes a blank away", replaced(" ", "")],
  ["adds a newline", (bytes) => Buffer.concat([bytes, Buffer.from("\n")])],
  ["writes a letter as an escape", replaced("bob", "b\\u006fb")],
  ["adds a member that the next one overrides", replaced("{", '{ "webhookType": "participant-joined",')],
  ["reads and writes the JSON again", (bytes) => Buffer.from(JSON.stringify(JSON.parse(bytes)))],
];

async function testTransit(client) {
  forget();
  await throughProxy(client.url, (bytes) => bytes, async (other) =>
    check("an event through a proxy that changes nothing gives 204", await deliver(other, body), { status: 204 }));
  check("and is stored", stored().length, 1);
  forget();
  for (const [what, change] of changes)
    await throughProxy(client.url, change, async (other) =>
      check(`through a proxy that ${what}: 403 and 28V01`, await deliver(other, body), refusal(403, "28V01")));
  check("and nothing is stored", stored(), []);
}

const presentFor = async (client, user) =>
  (await client.get("/presence?select=user_id&order=user_id", { user })).body.map(({ user_id }) => user_id);

async function testPresence(client) {
  forget();
  const steps = [
    [joined("bob"), ["bob"]],
    [joined("alice"), ["alice", "bob"]],
    [left("bob"), ["alice"]],
    [joined("bob"), ["alice", "bob"]], // byte for byte the first one
    [joined("carol", { meetingId: "9fqx-tmbe-21hd" }), ["alice", "bob"]],
    [joined("mallory", { meetingId: "room-of-another-account" }), ["alice", "bob"]],
    [event("recording-started"), ["alice", "bob"]],
    [left("bob", { sessionId: "another" }), ["alice", "bob"]],
    [joined("carol", { sessionId: undefined }), ["alice", "bob", "carol"]],
    [left("carol", { sessionId: undefined }), ["alice", "bob"]],
    [joined(undefined), ["alice", "bob"]],
    ['{"webhookType":"participant-left","data":"bob"}', ["alice", "bob"]],
    [event("session-ended", { sessionId: "another" }), ["alice", "bob"]],
    [event("session-ended"), []],
  ];
  for (const [body, present] of steps) {
    check(`${body.slice(0, 140)} gives 204`, await deliver(client, body), { status: 204 });
    check(`and present is who is there: ${present.join(", ")}`, await presentFor(client, "bob"), present);
  }
  check("only rooms of meetings count", query("SELECT DISTINCT room FROM app.presence ORDER BY room"),
    [{ room: ROOM }, { room: "9fqx-tmbe-21hd" }]);
  await deliver(client, joined("alice"));
  check("who is not invited does not see who is there", await presentFor(client, "mallory"), []);
  check("anonymous does not either", await client.get("/presence"), { status: 401 });
  for (const table of ["webhook_events", "app.webhook_events"])
    check(`/${table} is not there`, await client.get(`/${table}`, { user: "bob" }), { status: 404 });
  check("nobody makes himself present", await client.send("POST", "/presence", { user: "bob", body: { room: ROOM, user_id: "bob" } }),
    { status: 403 });
}

async function testTwice(client) {
  forget();
  for (const n of [1, 2, 3]) check(`the same event gives 204, delivery ${n}`, await deliver(client, joined("bob")), { status: 204 });
  check("and is stored once, with the last time that it came", stored(), (rows) => rows.length === 1 && rows[0].again !== null);
  check("bob is there", await presentFor(client, "bob"), ["bob"]);
}

async function testManyAtOnce(client) {
  forget();
  const names = Array.from({ length: 50 }, (_, n) => `student${String(n).padStart(2, "0")}`);
  const send = (body, n) => deliver(client, body, sign(body, n % 5 ? videosdk : stranger));
  const answers = await Promise.all(names.map((name, n) => send(joined(name), n)));
  const good = names.filter((_, n) => n % 5);
  check("of 50 events at once, those that are signed give 204, the others 403",
    answers.map(({ status }) => status), names.map((_, n) => (n % 5 ? 204 : 403)));
  check("the participants are there, right afterwards", await presentFor(client, "alice"), good);
  check("and their events, once each", stored().map(({ event }) => event.data.participantId).sort(), good);

  forget();
  const same = await Promise.all(names.map(() => deliver(client, joined("bob"))));
  check("the same event 50 times at once gives 204", same.map(({ status }) => status), names.map(() => 204));
  check("and is stored once", stored().length, 1);
}

// What docs/internals.md says of others: the receiver in VideoSDK's documentation, behind a parser of JSON, and its server SDK
const documented = (body, signature, key) =>
  verify("RSA-SHA256", Buffer.from(JSON.stringify(JSON.parse(body))), key, Buffer.from(signature, "base64"));
const sdk = (body, signature, key) => {
  try {
    return Boolean(new WebhooksResource().verifySync(body, signature, key));
  } catch {
    return false;
  }
};

const alter = (options) => run(`ALTER SERVER videosdk OPTIONS (${options})`);
const isTaken = async (client, body, signature) => (await deliver(client, body, signature)).status === 204;

async function testOthers(client) {
  const compact = joined("bob");
  const signature = sign(compact);
  // [ what, body, signature, ours, documented, SDK ]
  const cases = [
    ["as VideoSDK sends it", compact, signature, true, true, true],
    ["a blank that was added", compact.replace("{", "{ "), signature, false, true, false],
    ["an escape that was put in", compact.replace("bob", "b\\u006fb"), signature, false, true, false],
    ["a member that was added, and overridden", compact.replace("{", '{"webhookType":"x",'), signature, false, true, false],
    ["blanks that were signed", body, sign(body), true, false, true],
    ["a number 1.0 that was signed", '{"a":1.0}', sign('{"a":1.0}'), true, false, true],
    ["a signature with blanks and garbage", compact, `!${signature.replace(/../, "$& ")}`, false, true, true],
    ["a signature in base64url, unpadded", compact, Buffer.from(signature, "base64").toString("base64url"), false, true, true],
    ["an array", "[]", sign("[]"), false, true, true],
    ["a body that is not UTF-8", Buffer.from('{"a":"\xff"}', "latin1"), sign(Buffer.from('{"a":"\xff"}', "latin1")), false, false, true],
  ];
  for (const [what, text, signed, ...verdicts] of cases)
    check(`${what}: ours, the documentation's receiver, the SDK`,
      [await isTaken(client, text, signed), documented(text, signed, pem(videosdk)), sdk(text, signed, pem(videosdk))], verdicts);

  const keys = {
    "1024 bits": makeKey(1024),
    "an elliptic curve": generateKeyPairSync("ec", { namedCurve: "P-256" }),
  };
  for (const [what, key] of Object.entries(keys))
    check(`a key of ${what}: only ours refuses it`,
      [tryAs("none", `ALTER SERVER videosdk OPTIONS (SET webhook_public_key '${pem(key)}')`),
        ...[documented, sdk].map((accepts) => accepts(compact, sign(compact, key), pem(key)))], ["22023", true, true]);
}

async function testKeys(client) {
  const both = `${pem(stranger)}${pem(videosdk)}`;
  check("while another key is the server's, 403", (alter(`SET webhook_public_key '${pem(stranger)}'`), await deliver(client, joined("bob"))),
    refusal(403, "28V01"));
  check("with both keys, 204", (alter(`SET webhook_public_key '${both}'`), await deliver(client, joined("bob"))), { status: 204 });
  check("as BEGIN RSA PUBLIC KEY, 204", (alter(`SET webhook_public_key '${pem(videosdk, "pkcs1")}'`), await deliver(client, joined("bob"))),
    { status: 204 });
  check("without a key, 400 and 42704, with the statement", (alter("DROP webhook_public_key"), await deliver(client, joined("bob"))),
    { status: 400, body: { code: "42704", hint: /ALTER SERVER videosdk OPTIONS \(ADD webhook_public_key/ } });
  alter(`ADD webhook_public_key '${pem(videosdk)}'`);
}

// The statements and commands that stand at the end of the example
function testAdvice(client) {
  forget();
  const folder = mkdtempSync(`${process.env.VIDEOSDK_TOKEN_SANDBOX}/advice.`);
  const env = { ...process.env, API: client.url };
  const output = execFileSync("bash", ["-e", "-c", advice(EXAMPLE)], { env, cwd: folder, stdio: ["ignore", "pipe", "ignore"] }).toString();
  check("what the example says to try works", output, /HTTP\S* 204[^]*participant-joined[^]*2kyv-gzay-64pg \| +\| bob +\| t /);
  alter(`SET webhook_public_key '${pem(videosdk)}'`);
}

function testLogs(client, postgrest) {
  const log = readFileSync(process.env.SERVER_LOG, "utf8");
  check("the server's log says that an event has no valid signature", log, /webhook has no valid signature/);
  check("and no log shows what it holds", [log, postgrest.log, client.answers].map((text) => text.includes(MARK)), [false, false, false]);
}

export async function testWebhooks(client, postgrest) {
  load(EXAMPLE, { VIDEOSDK_WEBHOOK_PUBLIC_KEY: pem(videosdk) });
  await postgrest.reload();
  await testGood(client);
  await testBad(client);
  await testMethods(client);
  await testTransit(client);
  await testPresence(client);
  await testTwice(client);
  await testManyAtOnce(client);
  await testOthers(client);
  await testKeys(client);
  testAdvice(client);
  testLogs(client, postgrest);
}
