/**
 * A page of the real browser, which fails the test for what a person would not see: an error of a script, a
 * request to anybody but the program, something that the page's policy blocked.
 *
 *     await using browser = await openBrowser();
 *     const page = await browser.open(service.url);
 */
import assert from "node:assert/strict";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** A browser that runs. Its end checks what its pages noticed. */
export interface TestBrowser extends AsyncDisposable {
  /** A new page, in a context of its own: no cookies, no storage, no cache of others. */
  open(url: string, options?: BrowserContextOptions): Promise<Page>;
  /** What pages may notice without being at fault, such as a server that goes away. */
  readonly expected: RegExp[];
}

/** Starts a browser. */
export async function openBrowser(): Promise<TestBrowser> {
  const browser = await chromium.launch({
    executablePath: Deno.env.get("TEST_CHROMIUM") ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage"], // in a container, root has neither
  });
  const noticed: string[] = [];
  const expected: RegExp[] = [];
  return {
    expected,
    async open(url, options = {}) {
      const context = await browser.newContext({ reducedMotion: "reduce", ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      watch(page, new URL(url).origin, noticed);
      await page.goto(url);
      return page;
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      const faults = noticed.filter((each) => !expected.some((pattern) => pattern.test(each)));
      assert.deepEqual(faults, []);
    },
  };
}

function watch(page: Page, origin: string, noticed: string[]): void {
  page.on("pageerror", (error) => noticed.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") noticed.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url)) noticed.push(`asks ${url}`);
  });
}
