// The pictures of README: docs/desk-light.png and docs/desk-dark.png.  One that looks as it did stays as it is.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { check, report } from "../postgrest/report.js";
import { lookAlike, pixels } from "./pictures.js";
import { ROOM } from "./tokens.js";

const LARGEST = 100_000; // bytes
const NOW = 1795514400;

// What the database makes differs each time.  In the picture, the answers have these values in its place.
const payload = {
  exp: NOW + 3600, iat: NOW, jti: "5d0a3c64-8e1f-4b7a-9c52-71b6f0e2d983", roles: ["rtc"], apikey: "8a1f5c1e-7d2b-4c59-9e36-2f7b1c0d4e5f", roomId: ROOM,
  version: 2, permissions: ["allow_join", "allow_mod"], participantId: "alice",
};
const segment = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const token = `${segment({ alg: "HS256", typ: "JWT" })}.${segment(payload)}.${createHash("sha256").update("a picture").digest("base64url")}`;
const pictured = { token, payload: JSON.stringify(payload), now: NOW, issued_at: NOW, expires_at: NOW + 3600 };

// Hand on a request with the token that was made, and the answer with what is pictured
function answering() {
  let made;
  return async (route) => {
    const asked = route.request().postDataJSON();
    const response = await route.fetch({ postData: JSON.stringify({ ...asked, ...(asked.token && { token: made }) }) });
    const answer = await response.json();
    made = answer.token ?? made;
    const changes = Object.entries(pictured).filter(([name]) => name in answer);
    await route.fulfill({ response, json: { ...answer, ...Object.fromEntries(changes) } });
  };
}

// As a PNG of 128 colours, which is a third as large
async function takePicture(browser, colorScheme) {
  const user = await browser.user({ colorScheme });
  await user.route(/\/rpc\/(limits|preview|make|look)$/, answering());
  const desk = await browser.open({ user });
  await desk.page.clock.setFixedTime(NOW * 1000);
  await desk.logInAndWait();
  await desk.fill({ permissions: payload.permissions });
  await desk.makeToken();
  await desk.press("Look into it");
  await desk.section("Will VideoSDK let the client in?").getByText("Yes").waitFor();
  await desk.page.evaluate(() => document.activeElement.blur());
  const png = await desk.page.screenshot({ fullPage: true });
  await user.close();
  return execFileSync("pngquant", ["--speed", "1", "--nofs", "128", "-"], { input: png, maxBuffer: 2 ** 24 });
}

export async function testScreenshots(browser) {
  const blank = await (await browser.user()).newPage();
  for (const colorScheme of ["light", "dark"]) {
    const name = `desk-${colorScheme}.png`;
    const old = `../../docs/${name}`;
    const png = await takePicture(browser, colorScheme);
    check(`docs/${name} has at most ${LARGEST} bytes`, png.length, (size) => size <= LARGEST);
    const isSame = existsSync(old) && lookAlike(await pixels(blank, png), await pixels(blank, readFileSync(old)));
    if (!isSame) writeFileSync(`${process.env.SCREENSHOTS}/${name}`, png);
    report(`docs/${name} shows the page as it is`, isSame ? null : "It did not, and is written anew: look at it, and commit it.");
  }
  await blank.context().close();
  browser.faults.splice(0); // a picture of the whole page needs a larger window, which moves what is in it
}
