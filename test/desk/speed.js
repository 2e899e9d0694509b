// How soon the page can be used

import { check } from "../postgrest/report.js";

const LOADS = 5;
const BUDGET = 300; // milliseconds

// Runs before the page's own script: looks at the page in the moment in which it has been read, so that nothing is waited for
function watch() {
  document.addEventListener("DOMContentLoaded", () => {
    const box = document.activeElement;
    window.wasUsable = box.matches("input, textarea") && box.checkVisibility() && !box.disabled;
  });
}

// How long the browser's main thread works until the page is painted, in milliseconds.  By the processor's clock, not that on the wall:
// what other processes take away from it on a busy machine is not the page's.
async function load(browser) {
  const user = await browser.user();
  await user.addInitScript(watch);
  const page = await user.newPage();
  const session = await user.newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await page.goto(`${browser.url}/rpc/desk`);
  await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => setTimeout(painted))));
  const { metrics } = await session.send("Performance.getMetrics");
  const wasUsable = await page.evaluate(() => window.wasUsable);
  await user.close();
  return { wasUsable, work: metrics.find(({ name }) => name === "TaskDuration").value * 1000 };
}

export async function testSpeed(browser) {
  const loads = [];
  for (let n = 0; n < LOADS; n++) loads.push(await load(browser));
  const [median] = loads.map(({ work }) => work).sort((a, b) => a - b).slice(LOADS / 2);
  check("the login box takes what is typed as soon as the page has been read", loads.every(({ wasUsable }) => wasUsable), true);
  check(`which takes less than ${BUDGET} ms`, median, (time) => time > 0 && time < BUDGET);
  console.log(`# the browser works ${median.toFixed()} ms`);
  browser.reportFaults("the page loads");
}
