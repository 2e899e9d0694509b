// Random payloads, secrets and broken tokens. The same seed gives the same ones on every machine, but for the clock.

// mulberry32: the whole state is one 32-bit integer, and so is the seed
export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  bits() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  below(n) {
    return Math.floor((this.bits() / 2 ** 32) * n);
  }

  between(low, high) {
    return low + this.below(high - low + 1);
  }

  oneIn(n) {
    return this.below(n) === 0;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  // A non-empty part of a list, in any order
  some(list) {
    const rest = [...list];
    const size = this.between(1, list.length);
    return Array.from({ length: size }, () => rest.splice(this.below(rest.length), 1)[0]);
  }
}

// Characters

const isSurrogate = (code) => code >= 0xd800 && code <= 0xdfff;

// U+0000 is left out because jsonb cannot hold it, surrogates because they are no characters.
function inPlane(random, plane) {
  const code = plane * 0x10000 + random.below(0x10000);
  return code === 0 || isSurrogate(code) ? inPlane(random, plane) : code;
}

const ascii = (random) => random.between(0x20, 0x7e);

const alphabets = [
  ascii,
  (random) => random.pick([0x22, 0x5c, 0x2f, 0x27, 0x60, 0x24, 0x25, 0x3c, 0x7b, 0x5d]),
  (random) => random.pick([random.between(0x01, 0x1f), random.between(0x7f, 0x9f)]),
  (random) => random.between(0xa0, 0x24f),
  (random) => inPlane(random, 0),
  (random) => inPlane(random, random.below(17)),
  // noncharacters: the last two of every plane, and 32 in the middle of the first
  (random) =>
    random.pick([random.below(17) * 0x10000 + random.between(0xfffe, 0xffff), random.between(0xfdd0, 0xfdef)]),
  // what parsers of JSON and of JavaScript stumble over: line separators, byte order mark, the edges of the ranges
  (random) =>
    random.pick([0x2028, 0x2029, 0xfeff, 0xfffd, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0x10000, 0x10ffff]),
];

const mixed = (random) => random.pick(alphabets)(random);

export function string(random, minimum, maximum, alphabet = random.pick([mixed, ...alphabets])) {
  const length = random.between(minimum, maximum);
  return String.fromCodePoint(...Array.from({ length }, () => alphabet(random)));
}

// Numbers: all of them are doubles, because that is what JavaScript and Python compare.

function anyDouble(random) {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, random.bits());
  view.setUint32(4, random.bits());
  const number = view.getFloat64(0);
  return Number.isFinite(number) ? number : anyDouble(random);
}

const edges = [
  0, 1, 9.5, 0.1, 1e-6, 1e-7, 1e20, 1e21, 1e22, 1e23, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64,
  Number.MAX_VALUE, Number.MIN_VALUE, Number.EPSILON,
];

function number(random) {
  const kinds = [
    () => random.pick(edges),
    () => random.between(0, 1000),
    () => random.bits() / 100,
    () => random.bits() * 2 ** 21 + random.below(2 ** 21),
    () => anyDouble(random),
  ];
  const value = random.pick(kinds)();
  // no -0, which jsonb does not know
  return value !== 0 && random.oneIn(2) ? -value : value;
}

// Values. A payload has some forty at most, so that no library's way of writing them exceeds 65,536 bytes of token.

export function value(random, budget, depth) {
  if (budget.values-- <= 0) return null;
  const scalars = [
    () => null,
    () => random.oneIn(2),
    () => number(random),
    () => string(random, 0, 20),
  ];
  const containers = [
    () => Array.from({ length: random.below(6) }, () => value(random, budget, depth - 1)),
    () => Object.fromEntries(Array.from({ length: random.below(6) },
      () => [string(random, 0, 12), value(random, budget, depth - 1)])),
  ];
  return random.pick(depth > 0 ? [...scalars, ...containers, ...containers] : scalars)();
}

// As deep as a payload may be: 64 levels, of which itself is one
function tower(random) {
  let top = random.oneIn(2) ? [] : {};
  for (let levels = random.between(1, 62); levels > 0; levels--)
    top = random.oneIn(2) ? [top] : { [string(random, 0, 1, ascii)]: top };
  return top;
}

const longString = (random) =>
  random.oneIn(2) ? string(random, 10000, 25000, ascii) : string(random, 1000, 1500, mixed);

// With two colons, a name is neither a registered claim, nor nearly one, nor a property of every JavaScript object.
function customName(random) {
  const name = string(random, 0, 12);
  return /^[\w\s-]+$/.test(name) ? `${name}::` : name;
}

function customClaims(random) {
  const budget = { values: 40 };
  const claims = {};
  for (let n = random.below(8); n > 0; n--) claims[customName(random)] = value(random, budget, 6);
  if (random.oneIn(8)) claims.jti = string(random, 1, 20);
  if (random.oneIn(10)) claims[customName(random)] = tower(random);
  if (random.oneIn(10)) claims[customName(random)] = longString(random);
  return claims;
}

// No white space: that of Unicode, and U+FEFF
const id = (random) => string(random, 1, 20).replace(/[\s\u0085]/gu, "_");

// Permissions that go together
const together = [["allow_join"], ["ask_join"], ["allow_join", "allow_mod"], ["allow_mod", "allow_join"]];

// A payload that may be signed in SQL, with its token good for an hour and more from now
export function randomPayload(random, now) {
  const payload = {
    apikey: string(random, 1, 36),
    permissions: random.pick(together),
    ...customClaims(random),
  };
  if (random.oneIn(2)) payload.roomId = id(random);
  if (random.oneIn(2)) payload.participantId = id(random);
  if (random.oneIn(2)) payload.roles = random.some(["rtc", "crawler"]);
  if (payload.roles?.includes("rtc") === false) payload.permissions = random.pick([...together, ["allow_mod"]]);
  if (payload.roomId || payload.participantId || payload.roles || random.oneIn(2)) payload.version = 2;
  if (random.oneIn(4)) payload.iat = now - random.below(3600);
  if (random.oneIn(4)) payload.nbf = now - random.below(3600);
  return payload;
}

// As VideoSDK issues them, or of any characters: shorter, as long as and longer than SHA-256's block. White space at
// the ends is not allowed.
export function randomSecret(random) {
  if (random.oneIn(2)) return Array.from({ length: 8 }, () => random.bits().toString(16).padStart(8, "0")).join("");
  return `s${string(random, 0, 100)}s`;
}

// Broken tokens

const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// In the header, the payload, the signature, or one of the dots between them
function randomPosition(random, token) {
  const dots = [token.indexOf("."), token.lastIndexOf(".")];
  return random.pick([
    () => random.below(dots[0]),
    () => random.between(dots[0] + 1, dots[1] - 1),
    () => random.between(dots[1] + 1, token.length - 1),
    () => random.pick(dots),
  ])();
}

// Do tolerant libraries read the same bytes? PyJWT takes "+" for "-" and ignores the unused bits of a last character.
function readsTheSame(token, other) {
  const bytes = (text) => text.split(".").map((segment) => Buffer.from(segment, "base64").toString("hex")).join(".");
  return bytes(token) === bytes(other);
}

// One character changed, so that nobody may accept it
export function breakToken(random, token) {
  const position = randomPosition(random, token);
  const character = random.oneIn(2) ? random.pick(base64url) : String.fromCharCode(random.between(0x01, 0x7f));
  const broken = token.slice(0, position) + character + token.slice(position + 1);
  return readsTheSame(token, broken) ? breakToken(random, token) : broken;
}
