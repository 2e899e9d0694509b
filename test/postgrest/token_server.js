// examples/token_server.sql behind PostgREST, in a database of its own, with rooms that a fake of VideoSDK's REST API creates

import { execFileSync, spawnSync } from "node:child_process";
import { verifyToken } from "@videosdk.live/server-sdk";
import { login } from "./client.js";
import { advice, query, run } from "./database.js";
import { Fake } from "./fake.js";
import { check } from "./report.js";

const EXAMPLE = "../../examples/token_server.sql";
const { VIDEOSDK_APIKEY: apikey, VIDEOSDK_SECRET: secret } = process.env;

const refusal = (status, code, message = /./) => ({ status, body: { code, message } });
const unknown = refusal(404, "PT404", "you are not invited to this room, or it is closed");
const rooms = (condition) => query(`SELECT room_id FROM app.rooms WHERE ${condition}`, "rooms").map(({ room_id }) => room_id);
const spare = () => rooms("ends_at IS NULL");
const permit = (permissions) => (body) => JSON.stringify(body.permissions) === JSON.stringify(permissions);

// The loop that stands at the end of the example; its exit code
const makeRooms = (fake) => spawnSync("bash", ["-c", advice(EXAMPLE)], { env: { ...process.env, HOME: fake.home }, stdio: "ignore" }).status;

async function testSpareRooms(client, fake) {
  const create = () => client.call("create_meeting", {}, { user: "alice" });
  check("without a spare room, 503", await create(), refusal(503, "PT503"));
  run("ALTER USER MAPPING FOR PUBLIC SERVER videosdk_api OPTIONS (SET secret '00112233445566778899aabbccddeeff')", "rooms");
  check("with a token that VideoSDK refuses, the loop ends and says so", makeRooms(fake) > 0, true);
  check("and there is no room", spare(), []);
  run(`ALTER USER MAPPING FOR PUBLIC SERVER videosdk_api OPTIONS (SET secret '${secret}')`, "rooms");
  check("with a good one, it creates rooms", makeRooms(fake), 0);
  check("20 of them", spare(), (ids) => ids.length === 20 && ids.every((id) => /^\w{4}-\w{4}-\w{4}$/.test(id)));
  check("and no more when it runs again", [makeRooms(fake), spare().length], [0, 20]);
  const before = spare();
  const { status, body } = await create();
  check("a meeting takes one of them", [status, before.includes(body.roomId), spare().length], [200, true, 19]);
  check("and the loop makes another", [makeRooms(fake), spare().length], [0, 20]);
}

const verified = (token) => verifyToken(token, secret);

async function testThreeCalls(client, fake) {
  const { body: { roomId: room_id } } = await client.call("create_meeting", { guests: ["bob"], waiting: ["carol"] }, { user: "alice" });
  const [{ end }] = query(`SELECT extract(epoch FROM ends_at) AS end FROM app.rooms WHERE room_id = '${room_id}'`, "rooms");
  const invited = { alice: ["allow_join", "allow_mod"], bob: ["allow_join"], carol: ["ask_join"] };
  for (const [user, permissions] of Object.entries(invited)) {
    check(`the room is ${user}'s to join`, await client.call("validate_meeting", { room_id }, { user }),
      { status: 200, body: { roomId: room_id, permissions: (found) => permit(permissions)({ permissions: found }), until: /^20/ } });
    const { status, body } = await client.call("get_token", { room_id }, { user });
    check(`${user} gets a token, which @videosdk.live/server-sdk verifies`, [status, Object.keys(body)], [200, ["token"]]);
    check(`and it is ${user}'s, for that room and that time`, verified(body.token), {
      apikey, permissions, version: 2, roomId: room_id, participantId: user, roles: ["rtc"], exp: (exp) => Math.abs(exp - end) <= 1,
    });
    check("it is none for VideoSDK's API", await fake.as(body.token).rooms.create().catch(({ httpStatus }) => httpStatus), 401);
  }
  check("VideoSDK knows the room", await fake.as(query(`SELECT videosdk.videosdk_issue_token(videosdk.videosdk_api_payload(),
    '1 minute', 'videosdk_api') AS token`, "rooms")[0].token).rooms.validate(room_id), { valid: true, roomId: room_id });
  check("GET /rpc/get_token, as VideoSDK's server has it, gives a token, too",
    verified((await client.get(`/rpc/get_token?room_id=${room_id}`, { user: "bob" })).body.token), { participantId: "bob" });
  return room_id;
}

async function testOthers(client, room_id) {
  for (const name of ["validate_meeting", "get_token"]) {
    for (const user of ["mallory", "Bob", {}]) check(`${name} gives ${JSON.stringify(user)} 404`, await client.call(name, { room_id }, { user }), unknown);
    for (const id of ["aaaa-bbbb-cccc", "", spare()[0], `${room_id}' OR true --`, "%"])
      check(`${name} gives 404 for the room ${JSON.stringify(id)}`, await client.call(name, { room_id: id }, { user: "bob" }), unknown);
    check(`${name} gives anonymous 401`, await client.call(name, { room_id }), refusal(401, "42501"));
    check(`${name} without a room gives 404`, await client.call(name, {}, { user: "bob" }), refusal(404, "PGRST202"));
  }
  check("create_meeting gives anonymous 401", await client.call("create_meeting", {}), refusal(401, "42501"));
  check("and 400 to a login that names nobody", await client.call("create_meeting", {}, { user: {} }), refusal(400, "22004"));
  check("a GET creates no meeting", await client.get("/rpc/create_meeting", { user: "bob" }), { status: 405 });
}

// The body decides neither who asks, nor what for
async function testBodies(client, room_id) {
  for (const other of [{ permissions: ["allow_join", "allow_mod"] }, { kind: "host" }, { user_id: "alice" }, { peerId: "alice" }, { token: "x" }, { roomId: "x" }])
    for (const name of ["validate_meeting", "get_token"])
      check(`${name} does not take ${JSON.stringify(other)}`, await client.call(name, { room_id, ...other }, { user: "bob" }), refusal(404, "PGRST202"));
  for (const other of [{ room_id }, { host: "mallory" }, { token: "x", region: "sg001" }, { hosts: ["mallory"] }])
    check(`create_meeting does not take ${JSON.stringify(other)}`, await client.call("create_meeting", other, { user: "mallory" }), refusal(404, "PGRST202"));
  const headers = { "request.jwt.claims": '{"sub": "alice"}', Role: "meeting_issuer", Prefer: "timezone=Pacific/Kiritimati" };
  const { body } = await client.call("get_token", { room_id }, { user: "bob", headers });
  check("headers make bob nobody else", verified(body.token), { participantId: "bob", permissions: ["allow_join"] });
  const { body: mine } = await client.call("create_meeting", { guests: ["alice", "mallory", "mallory"], waiting: ["mallory", "bob"] }, { user: "mallory" });
  check("who names himself a guest is the host", (await client.call("validate_meeting", { room_id: mine.roomId }, { user: "mallory" })).body,
    permit(["allow_join", "allow_mod"]));
  check("who is named twice is a guest", query(`SELECT user_id, kind FROM app.invitations WHERE room_id = '${mine.roomId}' ORDER BY 1`, "rooms"),
    [["alice", "guest"], ["bob", "waiting"], ["mallory", "host"]].map(([user_id, kind]) => ({ user_id, kind })));
}

async function testHidden(client) {
  for (const user of [undefined, "bob"]) {
    for (const name of ["videosdk_issue_token", "videosdk_api_payload", "current_user_id"])
      check(`POST /rpc/${name} does not reach it (${user ?? "anonymous"})`, await client.call(name, {}, { user }), { status: 404 });
    for (const table of ["rooms", "invitations", "app.rooms"])
      check(`/${table} is not there (${user ?? "anonymous"})`, await client.get(`/${table}`, { user }), { status: 404 });
  }
  const paths = async (user) => Object.keys((await client.get("/", { user })).body.paths).sort();
  check("the description has the three calls", await paths("bob"), ["/", "/rpc/create_meeting", "/rpc/get_token", "/rpc/validate_meeting"]);
  check("for anonymous, not even these", await paths(undefined), ["/"]);
}

async function testEnd(client, room_id) {
  run(`UPDATE app.rooms SET ends_at = clock_timestamp() WHERE room_id = '${room_id}'`, "rooms");
  for (const name of ["validate_meeting", "get_token"])
    check(`${name} gives 404 when the meeting is over`, await client.call(name, { room_id }, { user: "alice" }), unknown);
}

async function testManyAtOnce(client, fake) {
  makeRooms(fake);
  const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => client.call("create_meeting", {}, { user: `teacher${n}` })));
  const ids = answers.flatMap(({ status, body }) => (status === 200 ? [body.roomId] : []));
  check("50 at once get 20 rooms, each its own", [ids.length, new Set(ids).size], [20, 20]);
  check("the others 503", answers.filter(({ status }) => status === 503).length, 30);
  makeRooms(fake);
  const doras = await Promise.all(Array.from({ length: 15 }, () => client.call("create_meeting", {}, { user: "dora" })));
  check("five meetings are enough for one, also of 15 at once", doras.map(({ status }) => status).sort(),
    [...Array(5).fill(200), ...Array(10).fill(429)]);
}

// The commands that stand at the end of the example
function testAdvice(client) {
  const env = { ...process.env, API: client.url, LOGIN: login({ sub: "erin" }) };
  const script = advice(EXAMPLE, "Then call");
  const answers = execFileSync("bash", ["-e", "-c", script], { env, stdio: ["ignore", "pipe", "ignore"] }).toString().trim().split("\n").map(JSON.parse);
  check("what the example says to try works", answers, ([{ roomId, permissions }, { token }]) =>
    permit(["allow_join", "allow_mod"])({ permissions }) && verified(token).roomId === roomId);
}

export async function testTokenServer(client) {
  const fake = new Fake();
  await fake.start();
  try {
    await testSpareRooms(client, fake);
    const room = await testThreeCalls(client, fake);
    await testOthers(client, room);
    await testBodies(client, room);
    await testHidden(client);
    await testEnd(client, room);
    await testManyAtOnce(client, fake);
    testAdvice(client);
  } finally {
    await fake.stop();
  }
}
