// A small fake of VideoSDK's REST API: node videosdk_api.js KEYFILE CERTFILE
//
// It follows the documentation of the API and of @videosdk.live/server-sdk, and was never compared with VideoSDK itself.  It listens with
// HTTPS on 127.0.0.1, prints its port, and ends on SIGTERM or at the end of standard input.  VIDEOSDK_ACCOUNTS has the accounts, as
// '{"apikey": "secret"}'.  Nobody can join: each room that is not disabled has a session, with whoever is to be removed.

import { randomBytes, randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { decodeToken, verifyToken } from "@videosdk.live/server-sdk";

const BASE = "https://api.videosdk.live/v2";
const MAX_BODY = 65536;

const accounts = new Map(Object.entries(JSON.parse(process.env.VIDEOSDK_ACCOUNTS ?? "{}"))
  .map(([apikey, secret]) => [apikey, { secret, rooms: [], sessions: new Map() }]));

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// The account whose server sends this header.  It holds the token and nothing else, of role crawler or without roles.
function authenticate(header = "") {
  const account = accounts.get(decodeToken(header)?.apikey);
  if (!account || !isApiToken(header, account.secret)) throw new Refusal(401, "Token is invalid or expired");
  return account;
}

function isApiToken(token, secret) {
  try {
    const { roles } = verifyToken(token, secret);
    return roles === undefined || roles.includes("crawler");
  } catch {
    return false;
  }
}

const now = () => new Date().toISOString();
const newId = () => randomBytes(12).toString("hex");
const letters = () => Array.from({ length: 4 }, () => "abcdefghijklmnopqrstuvwxyz0123456789"[randomInt(36)]).join("");
const links = (roomId) => ({ get_room: `${BASE}/rooms/${roomId}`, get_session: `${BASE}/sessions/?roomId=${roomId}` });

const isString = (value) => typeof value === "string" && value !== "";
const isWebhook = ({ endPoint, events }) => isString(endPoint) && Array.isArray(events) && events.every(isString);

// By its id, or the one that its creator gave it
function findRoom(account, id, status, { byCustomId } = { byCustomId: true }) {
  const room = account.rooms.find(({ roomId, customRoomId }) => roomId === id || (byCustomId && customRoomId === id));
  if (!room) throw new Refusal(status, "Room not found");
  return room;
}

function createRoom(account, { customRoomId, webhook }) {
  if (customRoomId !== undefined && !isString(customRoomId)) throw new Refusal(400, "customRoomId must be a string");
  if (webhook !== undefined && !isWebhook(webhook)) throw new Refusal(400, "webhook must have endPoint and events");
  const known = account.rooms.find((room) => customRoomId !== undefined && room.customRoomId === customRoomId);
  if (known) return known;

  const roomId = [letters(), letters(), letters()].join("-");
  const room = { id: newId(), roomId, customRoomId, webhook, disabled: false, createdAt: now(), updatedAt: now(), links: links(roomId) };
  account.rooms.push(room);
  return room;
}

// Only by VideoSDK's own id
function deactivateRoom(account, { roomId }) {
  return Object.assign(findRoom(account, roomId, 402, { byCustomId: false }), { disabled: true, updatedAt: now() });
}

// Each room has one session after the other
function sessionOf(account, { roomId, sessionId }) {
  const room = findRoom(account, roomId, 404);
  let session = account.sessions.get(room.roomId);
  if (!room.disabled && (!session || session.end))
    session = { id: newId(), roomId: room.roomId, start: now(), end: null, participants: [], status: "ongoing", links: links(room.roomId) };
  if (!session || session.end || (sessionId && sessionId !== session.id)) throw new Refusal(400, "No active session found");
  account.sessions.set(room.roomId, session);
  return session;
}

const endSession = (account, body) => Object.assign(sessionOf(account, body), { end: now(), status: "ended" });

function removeParticipant(account, body) {
  if (!isString(body.participantId)) throw new Refusal(400, "participantId is required");
  const session = sessionOf(account, body);
  session.participants.push({ participantId: body.participantId, timelog: [{ start: session.start, end: now() }] });
  return session;
}

const routes = [
  ["POST", /^\/v2\/rooms$/, createRoom],
  ["GET", /^\/v2\/rooms\/validate\/([^/]+)$/, (account, _, id) => findRoom(account, id, 400)],
  ["GET", /^\/v2\/rooms\/([^/]+)$/, (account, _, id) => findRoom(account, id, 404)],
  ["POST", /^\/v2\/rooms\/deactivate$/, deactivateRoom],
  ["POST", /^\/v2\/sessions\/end$/, endSession],
  ["POST", /^\/v2\/sessions\/participants\/remove$/, removeParticipant],
];

async function readBody(request) {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > MAX_BODY) throw new Refusal(413, "Body is too large");
  }
  if (request.method === "GET" || text === "") return {};
  try {
    if (!/^application\/json\b/.test(request.headers["content-type"])) throw new Error();
    return Object(JSON.parse(text));
  } catch {
    throw new Refusal(400, "Body must be JSON, of Content-Type application/json");
  }
}

async function answer(request) {
  const { pathname } = new URL(request.url, BASE);
  const account = authenticate(request.headers.authorization);
  const body = await readBody(request);
  for (const [method, pattern, handler] of routes) {
    const match = request.method === method && pattern.exec(pathname);
    if (match) return handler(account, body, ...match.slice(1).map(decodeURIComponent));
  }
  throw new Refusal(404, "Not found");
}

const [key, cert] = process.argv.slice(2, 4).map((file) => readFileSync(file));
const server = createServer({ key, cert }, async (request, response) => {
  let status = 200;
  const body = await answer(request).catch((error) => {
    status = error.status ?? 500;
    return { error: error.message };
  });
  response.writeHead(status, { "Content-Type": "application/json", Connection: "close" }).end(JSON.stringify(body));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.on("SIGTERM", () => process.exit());
process.stdin.on("end", () => process.exit()).resume();
