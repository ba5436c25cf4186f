// Screenshots and checks of reports, in headless Chromium: at 1400 and 500 pixels, light and dark.
//
//   apt-get install chromium && npm install axe-core puppeteer-core
//   node darex-bench/src/study/pages.mjs PICTURES REPORT.html ...
//
// Prints a line for each view and exits with 1 where a page has an error on the console, asks for
// anything but itself, is wider than its window, or fails a rule of axe-core. Modules are those of
// the working directory; CHROMIUM names another browser than /usr/bin/chromium.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const modules = createRequire(resolve("package.json"));
const puppeteer = modules("puppeteer-core");
const axe = readFileSync(modules.resolve("axe-core/axe.min.js"), "utf8");
const [pictures, ...reports] = process.argv.slice(2);
if (reports.length === 0) {
  console.error("expected a folder for pictures and at least one page");
  process.exit(2);
}
mkdirSync(pictures, { recursive: true });
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
let failed = 0;
for (const report of reports) {
  const own = pathToFileURL(resolve(report)).href;
  for (const width of [1400, 500]) {
    for (const colours of ["light", "dark"]) {
      const page = await browser.newPage();
      const faults = [];
      page.on("console", (said) => said.type() === "error" && faults.push(said.text()));
      page.on("pageerror", (error) => faults.push(error.message));
      page.on("request", (asked) => asked.url() !== own && faults.push(`asks for ${asked.url()}`));
      await page.setViewport({ width, height: 900 });
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: colours }]);
      await page.goto(own);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) {
        faults.push(`is ${wide} pixels wide`);
      }
      await page.evaluate(axe);
      const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
      for (const rule of found.violations) {
        const first = rule.nodes[0];
        faults.push(`${rule.id} (${rule.nodes.length}): ${first.target} ${first.failureSummary}`);
      }
      const name = `${basename(dirname(resolve(report)))}-${basename(report, ".html")}`;
      const picture = resolve(pictures, `${name}-${width}-${colours}.png`);
      await page.screenshot({ path: picture, fullPage: true });
      await page.close();
      failed += faults.length > 0;
      const passed = `no error, no request, ${found.passes.length} rules of axe pass`;
      console.log(`${report} ${width} ${colours}: ${faults.join("; ") || passed}`);
    }
  }
}
await browser.close();
process.exit(failed > 0 ? 1 : 0);
