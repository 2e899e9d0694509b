// The token desk behind PostgREST: by HTTP, and in Chromium.  SUITES='making looking': only these.

import { bailOut, finish, report } from "../postgrest/report.js";
import { Postgrest } from "../postgrest/server.js";
import { testAccess } from "./access.js";
import { testAccessibility } from "./accessibility.js";
import { Browser } from "./browser.js";
import { testHostile } from "./hostile.js";
import { testKeyboard } from "./keyboard.js";
import { testLooking } from "./looking.js";
import { testMaking } from "./making.js";
import { testScreenshots } from "./screenshots.js";
import { testSecrecy } from "./secrecy.js";
import { testServing } from "./serving.js";
import { testSpeed } from "./speed.js";
import { testWaiting } from "./waiting.js";

const suites = {
  serving: testServing, speed: testSpeed, making: testMaking, looking: testLooking, waiting: testWaiting, keyboard: testKeyboard, accessibility: testAccessibility,
  screenshots: testScreenshots, hostile: testHostile, access: testAccess,
};
const chosen = process.env.SUITES ? process.env.SUITES.split(" ") : Object.keys(suites);

const postgrest = new Postgrest("meetings", "api, desk");
let browser;
try {
  await postgrest.start();
  browser = new Browser(postgrest.url);
  await browser.start();
  for (const name of chosen) {
    const start = Date.now();
    await suites[name](browser, postgrest);
    console.log(`# ${name}: ${((Date.now() - start) / 1000).toFixed(1)} s`);
  }
  testSecrecy(browser.requests, postgrest);
} catch (error) {
  bailOut(error);
} finally {
  await browser?.stop();
  report("PostgREST has ended", (await postgrest.stop()) ? null : "it had to be killed");
  finish();
}
