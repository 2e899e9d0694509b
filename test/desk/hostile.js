// What strangers write, into tokens and into fields: it is shown, and does nothing

import { check, checkSoon } from "../postgrest/report.js";
import { bytes, claims, forge, names, sign, signBytes, texts, times } from "./tokens.js";

// What changes how the text around it is read, or cannot be seen; but for line ends, which separate what the page writes
const UNSEEN = /[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2028\u2029]/u;

// In the page: what a text that is taken for more would have changed, and what of it is shown raw
function state(source) {
  const unseen = new RegExp(source, "u");
  const count = (selector) => document.querySelectorAll(selector).length;
  const text = document.body.innerText.replace(/[\n\t]/g, "");
  const { clientWidth, scrollWidth } = document.documentElement;
  return {
    pwned: typeof window.pwned, polluted: Object.keys(Object.prototype).concat(Object.keys(Array.prototype)),
    scripts: count("script"), styles: count("style, link, [style]"), foreign: count("img, iframe, object, embed, video, audio, base, a, b, meta[http-equiv]"),
    handlers: [...document.querySelectorAll("*")].filter((element) => [...element.attributes].some(({ name }) => name.startsWith("on"))).length,
    title: document.title, url: location.href, history: history.length,
    unseen: text.match(unseen) && `U+${text.match(unseen)[0].codePointAt(0).toString(16)} near ${text.slice(Math.max(0, text.search(unseen) - 20), text.search(unseen))}`,
    nonsense: text.match(/\bNaN\b|Invalid Date|\bundefined\b|\[object/)?.[0] ?? null,
    tooWide: scrollWidth > clientWidth,
  };
}

const harmless = { pwned: "undefined", unseen: null, nonsense: null, foreign: 0, handlers: 0, tooWide: false, polluted: (names) => names.length === 0 };

async function checkHarmless(what, desk, browser, before) {
  const now = await desk.page.evaluate(state, UNSEEN.source);
  const { scripts, styles, title, url, history } = before;
  check(`${what}: is shown, and does nothing`, now, { ...harmless, scripts, styles, title, url, history });
  if (browser.faults.length > 0) browser.reportFaults(`${what} is shown`);
}

// As the page shows it in JSON: how a text of JavaScript stands there
const asJson = (text) => Array.from({ length: text.length }, (_, i) => text[i]).map((unit) =>
  UNSEEN.test(unit) ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}` : unit).join("");

// By every claim at once, by every name of a claim, and by the header; signed and not
async function testTexts(desk, browser, before) {
  for (const [what, text] of Object.entries(texts)) {
    const good = { jti: text, sub: text, other: [text, { [text]: text }], [text]: 1 };
    const bad = Object.fromEntries(Object.keys(claims()).map((name) => [name, text]));
    const header = { alg: "HS256", typ: text, kid: text, jku: text, [text]: text };
    const answers = [["bad signature", sign(good, { ...header, alg: text })], ["bad signature", forge({ ...good, ...bad, nbf: text, iat: text }, header)],
      ["valid", sign(good, header)]];
    for (const [status, token] of answers) {
      await desk.lookInto(token, { room: text, participant: text });
      await checkSoon(`${what} in all claims: ${status}`, desk.status, status);
      await checkHarmless(what, desk, browser, before);
    }
    const shown = (await desk.payloadOfToken.innerText()).replaceAll("\n", "");
    const start = asJson(JSON.stringify(text).slice(1, 60).replace(/"$/, ""));
    check(`${what}: stands in the payload as it is`, shown.includes(start.slice(0, 40)), true);
  }
}

// By each claim, which the database's answer may name and quote
async function testClaims(desk, browser, before) {
  const text = `</script><img src=x onerror=pwned=1>\u202e`;
  for (const claim of ["apikey", "permissions", "version", "roomId", "participantId", "roles", "iat", "nbf", "exp", "jti", "sub", ...names]) {
    const others = JSON.stringify(claims({ [claim]: undefined })).slice(0, -1);
    await desk.lookInto(signBytes(`${others},${JSON.stringify(claim)}:${JSON.stringify({ [text]: text })}}`));
    await checkHarmless(`the claim ${claim}`, desk, browser, before);
  }
}

async function testBytes(desk, browser, before) {
  for (const [what, token, status] of bytes()) {
    await desk.lookInto(token, { room: "r", participant: "p" });
    await checkSoon(`${what}: ${status}`, desk.status, status.replaceAll("_", " "));
    await checkHarmless(what, desk, browser, before);
  }
  await desk.lookInto(bytes().find(([what]) => what === "a number beyond 2^53")[1]);
  await checkSoon("each digit of a number is shown", () => desk.payloadOfToken.innerText(), /"a": 12345678901234567890123\b/);
}

async function testTimes(desk, browser, before) {
  for (const [what, values] of times) {
    await desk.lookInto(sign(values));
    await checkHarmless(`a time that is ${what}`, desk, browser, before);
  }
  await desk.lookInto(sign());
  await checkSoon("after all that, a good token is valid", desk.status, "valid");
}

// By every field of Make, and so by the database's message about it
async function testFields(desk, browser, before) {
  for (const [what, text] of Object.entries({ ...texts, "a NUL": "\u0000", "half of a surrogate pair": "\ud800" })) {
    await desk.fill({ room: `${text} `, participant: text });
    await checkSoon(`${what} in the fields: refused`, async () => (await desk.invalid()).length, 1);
    await checkHarmless(`${what} in the fields`, desk, browser, before);
  }
  await desk.fill();
  await checkSoon("after all that, nothing is marked as wrong", desk.invalid, []);
  await desk.makeToken();
}

// A login's claims are a stranger's words, too, and so is what PostgREST says of it.  It takes no sub with a colon that is no URI.
async function testLogins(desk, browser, before) {
  for (const [what, text] of Object.entries(texts))
    for (const [claim, claims] of [["role", { sub: "carol", role: text }], ["name", { sub: text, role: "desk_user" }]]) {
      if (await desk.make.isVisible()) await desk.logOut();
      await desk.logIn(claims);
      await checkSoon(`${what} as the ${claim} of a login: is answered`, async () => Boolean(await desk.errorOf(desk.jwt)) || (await desk.make.isVisible()), true);
      await checkHarmless(`${what} as the ${claim} of a login`, desk, browser, before);
    }
}

export async function testHostile(browser) {
  const desk = await (await browser.open()).logInAndWait();
  const before = await desk.page.evaluate(state, UNSEEN.source);
  await testTexts(desk, browser, before);
  await testClaims(desk, browser, before);
  await testBytes(desk, browser, before);
  await testTimes(desk, browser, before);
  await testFields(desk, browser, before);
  await testLogins(desk, browser, before);
  await desk.page.context().close();
  browser.reportFaults("strangers' words are shown");
}
