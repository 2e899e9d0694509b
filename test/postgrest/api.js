// Tokens of this extension at the fake of VideoSDK's REST API, by the official server SDK, whose requests go to the fake

import { query, run } from "./database.js";
import { Fake } from "./fake.js";
import { after, signJwt } from "./jwt.js";
import { check } from "./report.js";

const { VIDEOSDK_APIKEY: apikey, VIDEOSDK_SECRET: secret } = process.env;

// What SQL gives, issued by a server of these options
function issue(payload, options = "roles 'crawler'") {
  run(`CREATE SERVER for_test FOREIGN DATA WRAPPER videosdk OPTIONS (${options});
    CREATE USER MAPPING FOR PUBLIC SERVER for_test OPTIONS (apikey '${apikey}', secret '${secret}')`);
  const [{ token }] = query(`SELECT videosdk.videosdk_issue_token(${payload}, '10 minutes', 'for_test') AS token`);
  run("SET client_min_messages = warning; DROP SERVER for_test CASCADE");
  return token;
}

const refused = (promise) => promise.then(() => "accepted", ({ httpStatus, message }) => [httpStatus, message]);

async function testTokens(fake) {
  const issued = issue("videosdk.videosdk_api_payload()");
  const unauthorized = [401, "Token is invalid or expired"];
  const claims = { apikey, permissions: ["allow_join"], version: 2, exp: after(600) };
  const accepted = {
    "issued for role crawler": issued,
    "issued without roles": issue("'{\"permissions\": [\"allow_join\"], \"version\": 2}'", "max_expires_in '1 hour'"),
    "with both roles": signJwt({ ...claims, roles: ["rtc", "crawler"] }, secret),
  };
  for (const [what, token] of Object.entries(accepted))
    check(`the API accepts a token ${what}`, await fake.as(token).rooms.create(), { roomId: /^\w{4}-\w{4}-\w{4}$/ });

  const others = {
    "a participant's token": issue("videosdk.videosdk_participant_payload('2kyv-gzay-64pg', 'alice')", "roles 'rtc'"),
    "Bearer before the token": `Bearer ${issued}`,
    "an expired token": signJwt({ ...claims, exp: after(-1) }, secret),
    "a token of another secret": signJwt(claims, "guessed"),
    "a token of another account's secret": signJwt(claims, "another secret"),
    "a token of an account that it does not know": signJwt({ ...claims, apikey: "unknown" }, secret),
    "no JWT": "token",
  };
  for (const [what, token] of Object.entries(others))
    check(`the API refuses ${what}`, await refused(fake.as(token).rooms.create()), unauthorized);
  return issued;
}

async function testRooms(fake, token) {
  const { rooms } = fake.as(token);
  const customRoomId = "standup";
  const webhook = { url: "https://example.com/rpc/videosdk_webhook", events: ["participant-joined"] };
  const { roomId } = await rooms.create({ customRoomId, webhook });
  check("a customRoomId names one room", await rooms.create({ customRoomId }), { roomId, customRoomId });
  for (const [name, id] of Object.entries({ roomId, customRoomId })) {
    check(`a room is found by its ${name}`, await rooms.get(id), { roomId, disabled: false, webhook: { endPoint: webhook.url } });
    check(`and valid by its ${name}`, await rooms.validate(id), { valid: true, roomId });
  }
  check("an unknown room is not found", await refused(rooms.get("aaaa-bbbb-cccc")), [404, "Room not found"]);
  check("and not valid", await rooms.validate("aaaa-bbbb-cccc"), { valid: false, room: undefined });
  const other = fake.as(signJwt({ apikey: "other", permissions: ["allow_join"], version: 2, exp: after(600) }, "another secret"));
  check("another account has other rooms", await other.rooms.validate(roomId), { valid: false });
  check("a room is not ended by its customRoomId", await refused(rooms.end(customRoomId)), [402, "Room not found"]);
  check("but by its roomId", await rooms.end(roomId), { roomId, disabled: true });
  return roomId;
}

async function testSessions(fake, token, disabledRoom) {
  const { rooms, sessions, participants } = fake.as(token);
  const { roomId } = await rooms.create();
  const removed = await participants.remove(roomId, "bob");
  check("a participant is removed", [removed.roomId, removed.status, removed.participants[0]?.participantId], [roomId, "ongoing", "bob"]);
  check("the session ends", await sessions.end({ roomId }), { id: removed.id, roomId, status: "ended", end: /^\d{4}-/ });
  check("a room that has ended has no session", await refused(sessions.end({ roomId: disabledRoom })), [400, "No active session found"]);
  check("nor has an unknown one", await refused(participants.remove("aaaa-bbbb-cccc", "bob")), [404, "Room not found"]);
}

export async function testApi() {
  const fake = new Fake();
  await fake.start();
  try {
    const token = await testTokens(fake);
    await testSessions(fake, token, await testRooms(fake, token));
  } finally {
    check("the fake ends with its standard input", await fake.stop(), true);
  }
}
