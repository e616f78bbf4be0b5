/** The pages as they are sent: their policy, their size, their caching, and the API's page in a browser. */
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { openBrowser } from "./browser.ts";
import { compiled, startService } from "../support/program.ts";

const FILES = ["/", "/console/app.js", "/console/app.css", "/console/icon.svg", "/docs"];

Deno.test("every file comes with a policy under which nothing inline and nothing foreign runs", async () => {
  await using service = await startService(compiled);
  for (const path of FILES) {
    const response = await fetch(service.url + path, { headers: { accept: "text/html" } });
    const text = await response.text();
    const policy = response.headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/, path);
    assert.doesNotMatch(policy, /unsafe|\*|http/, path);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff", path);
    assert.match(response.headers.get("content-type") ?? "", /^(text|image)\//, path);
    assert.doesNotMatch(text, /<script(?![^>]*\bsrc=)|\son[a-z]+="|<style/, path);
  }
});

Deno.test("the console is small, and is not sent again while it is the same", async () => {
  await using service = await startService(compiled);
  let bytes = 0;
  for (const path of FILES.slice(0, 4)) {
    const headers = { accept: "text/html", "accept-encoding": "gzip" };
    const first = await raw(service.port, path, headers);
    assert.equal(first.headers.get("content-encoding"), "gzip", path);
    assert.ok(gunzipSync(first.body).length > 0);
    bytes += first.body.length;
    const etag = first.headers.get("etag")!;
    const statusFor = async (tags: string) =>
      (await raw(service.port, path, { ...headers, "if-none-match": tags })).status;
    for (const tags of [etag, `"other", ${etag}`, etag.replace("W/", ""), "*"]) {
      assert.equal(await statusFor(tags), 304, `${path} for ${tags}`);
    }
    assert.equal(await statusFor('"other"'), 200);
  }
  assert.ok(bytes < 40_000, `${bytes} bytes`);
});

Deno.test("the API's page shows every operation, and asks nobody but the program", async () => {
  await using service = await startService(compiled);
  const { paths } = (await service.send("GET", "/openapi.json")).json;
  const operations = Object.values<object>(paths).flatMap((item) => Object.keys(item));
  await using browser = await openBrowser();
  const page = await browser.open(`${service.url}/docs`);
  await page.locator(".opblock").nth(operations.length - 1).waitFor();
  assert.equal(await page.locator(".opblock").count(), operations.length);
  await page.getByRole("button", { name: /POST \/trigger/ }).first().click();
  await page.getByRole("button", { name: "Try it out" }).click();
  await page.locator(".opblock.is-open textarea").waitFor();
});

/** A response as it came over the wire: `fetch` would decompress it. */
async function raw(port: number, path: string, headers: Record<string, string>) {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const lines = Object.entries({ host: "127.0.0.1", connection: "close", ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`).join("");
  await conn.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\n${lines}\r\n`));
  const bytes = await new Response(conn.readable).bytes();
  const end = new TextDecoder("latin1").decode(bytes).indexOf("\r\n\r\n");
  const [status, ...fields] = new TextDecoder().decode(bytes.subarray(0, end)).split("\r\n");
  return {
    status: Number(status!.split(" ")[1]),
    headers: new Headers(fields.map((each) => each.split(": ", 2) as [string, string])),
    body: bytes.subarray(end + 4),
  };
}
