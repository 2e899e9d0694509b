// What the page is to a screen reader, on a small screen, and to whoever wants it dark or still

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { check, checkSoon } from "../postgrest/report.js";
import { ROOM, forge, sign, texts } from "./tokens.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// What axe-core finds, by all its rules, in light and dark
async function checkAxe(desk, state) {
  await desk.page.evaluate(`if (!window.axe) { ${AXE} }`);
  for (const colorScheme of ["light", "dark"]) {
    await desk.page.emulateMedia({ colorScheme });
    const found = await desk.page.evaluate(async () =>
      (await window.axe.run({ resultTypes: ["violations"] })).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(", ")}`));
    check(`axe-core finds nothing (${colorScheme}): ${state}`, found, []);
  }
}

// The page in each of its states, as [ what, how to get there from the one before ]
const states = [
  ["the login box", async () => {}],
  ["a login that is refused", async (desk) => {
    await desk.logIn("hello");
    await checkSoon("it is refused", () => desk.errorOf(desk.jwt), /\S/);
  }],
  ["nothing filled in", (desk) => desk.logInAndWait()],
  ["filled in", async (desk) => {
    await desk.fill();
    await checkSoon("the payload is there", () => desk.payload.innerText(), /alice/);
  }],
  ["a token", (desk) => desk.makeToken()],
  ["its QR code", (desk) => desk.press("QR code")],
  ["an error beside a field", async (desk) => {
    await desk.page.keyboard.press("Escape");
    await desk.fill({ room: "a b", participant: texts["Arabic and Hebrew"] });
    await checkSoon("it is marked", desk.invalid, ["Room"]);
  }],
  ["an error beside the permissions, and a start later", async (desk) => {
    await desk.make.getByRole("radio", { name: "later" }).check();
    await desk.fill({ permissions: ["allow_mod"] });
    await checkSoon("they are marked", async () => (await desk.invalid()).length, (count) => count > 0);
  }],
  ["an error beside what it lasts", async (desk) => {
    await desk.make.getByRole("radio", { name: "now" }).check();
    await desk.fill({ permissions: ["ask_join"], lasts: 1000 });
    await checkSoon("it is marked", desk.invalid, ["How many"]);
  }],
  ["a valid token", (desk) => desk.lookInto(sign(), { room: ROOM, participant: "alice" })],
  ["a token that is to ask", (desk) => desk.lookInto(sign({ permissions: ["ask_join"] }), { room: ROOM, participant: "alice" })],
  ["an expired token, after Bearer", (desk) => desk.lookInto(`Bearer ${sign({ exp: 1 })}`, { room: ROOM, participant: "alice" })],
  ["a forged token of 60 kB", (desk) => desk.lookInto(forge({ [texts["a right-to-left override"]]: "y".repeat(40_000) }), { room: "x", participant: "y" })],
  ["no token", (desk) => desk.lookInto("x".repeat(70_000))],
  ["words from right to left", async (desk) => {
    await desk.fill({ permissions: ["allow_join"], lasts: 60, room: "\u05e9\u05dc\u05d5\u05dd", participant: "\u0645\u0631\u062d\u0628\u0627" });
    await checkSoon("they are taken", desk.invalid, []);
    await desk.makeToken();
  }],
];

const checkWidth = async (desk, state, width) =>
  check(`nothing is wider than ${width} pixels: ${state}`, await desk.page.evaluate(() => document.documentElement.scrollWidth), (w) => w <= width);

async function testStates(browser) {
  const wide = await browser.open();
  for (const [what, go] of states) {
    await go(wide);
    await checkAxe(wide, what);
    browser.reportFaults(`the page shows ${what}`);
  }
  check("an id is written in its own direction", await wide.make.getByLabel("Room").evaluate((field) => getComputedStyle(field).direction), "rtl");
  check("a screen reader is told that the token is made", await wide.page.getByRole("status").first().innerText(), /made/i);
  await wide.page.context().close();
  for (const width of [320, 768]) {
    const desk = await browser.open({ viewport: { width, height: 640 } });
    for (const [what, go] of states) {
      await go(desk);
      await checkWidth(desk, what, width);
    }
    browser.reportFaults(`the page is ${width} pixels wide`);
    await desk.page.context().close();
  }
}

async function testColours(browser) {
  const desk = await browser.open();
  const background = async (colorScheme) => {
    await desk.page.emulateMedia({ colorScheme });
    return desk.page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).reduce((sum, part) => sum + Number(part), 0));
  };
  check("light is light, and dark is dark", [await background("light") > 600, await background("dark") < 150], [true, true]);
  await desk.page.context().close();
}

async function testStillness(browser) {
  const desk = await (await browser.open({ reducedMotion: "reduce" })).logInAndWait();
  await desk.fill();
  await desk.makeToken();
  const moving = await desk.page.evaluate(() => [...document.querySelectorAll("*")].filter((element) => {
    const { animationName, transitionDuration, scrollBehavior } = getComputedStyle(element);
    return animationName !== "none" || !/^0s(, 0s)*$/.test(transitionDuration) || scrollBehavior === "smooth";
  }).map(({ tagName, id }) => `${tagName}#${id}`));
  check("nothing moves for whoever wants no motion", [moving, await desk.page.evaluate(() => document.getAnimations().length)], [[], 0]);
  await desk.page.context().close();
}

export async function testAccessibility(browser) {
  await testStates(browser);
  await testColours(browser);
  await testStillness(browser);
  browser.reportFaults("the page is looked at");
}
