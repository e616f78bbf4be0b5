/** The HTTP server, over real sockets. */
import assert from "node:assert/strict";
import { HttpServer } from "../../../src/http/server/http_server.ts";
import { until } from "../../../scripts/servers/until.ts";

type Answer = (request: Request) => Response | Promise<Response>;

/** A server on a free port, ended when disposed of. */
function serve(answer: Answer, silenceTimeoutMs?: number) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const server = new HttpServer({
    listener,
    answer: async (request) => await answer(request),
    onDropped: () => {},
    ...(silenceTimeoutMs !== undefined && { silenceTimeoutMs }),
  });
  const { port } = listener.addr;
  return {
    server,
    url: `http://127.0.0.1:${port}`,
    connect: async (text = "") => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      await write(connection, text);
      return connection;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function write(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
}

/** What comes until the end; or until there is `enough`. */
async function read(connection: Deno.Conn, enough = "\0"): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(4096);
  while (!text.includes(enough)) {
    const size = await connection.read(buffer);
    if (size === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, size));
  }
  return text;
}

const get = (path: string, ...fields: string[]) =>
  [`GET ${path} HTTP/1.1`, "Host: x", ...fields, "", ""].join("\r\n");
const post = (...fields: string[]) =>
  ["POST / HTTP/1.1", "Host: x", ...fields, "", ""].join("\r\n");
const echo: Answer = (request) =>
  request.text().then((text) => new Response(`[${text}]`), () => new Response("", { status: 400 }));
const path: Answer = ({ url }) => new Response(new URL(url).pathname);

Deno.test("requests on one connection are answered one after the other, sent ahead or not", async () => {
  await using service = serve(path);
  using connection = await service.connect(get("/one") + get("/two"));
  const both = await read(connection, "/two");
  assert.ok(both.indexOf("/one") < both.indexOf("/two"));
  await write(connection, get("/three", "Connection: close"));
  const last = await read(connection);
  assert.match(last, /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*connection: close\r\n[^]*\/three$/);
});

Deno.test("a body is read by its length or in chunks, in any number of pieces", async () => {
  await using service = serve(echo);
  const bodies = [
    `${post("Content-Length: 11")}hello world`,
    `${post("Transfer-Encoding: chunked")}5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nA: b\r\n\r\n`,
  ];
  for (const text of bodies) {
    for (const pieceLength of [1, 3, 1000]) {
      using connection = await service.connect();
      for (let i = 0; i < text.length; i += pieceLength) {
        await write(connection, text.slice(i, i + pieceLength));
      }
      assert.match(await read(connection, "]"), /\r\n\r\n\[hello world\]$/);
    }
  }
});

Deno.test("chunks that break the rules are not a body, and nothing after them is a request", async () => {
  await using service = serve((request) =>
    request.text().then(path.bind(null, request), () => new Response("refused", { status: 400 }))
  );
  for (
    const chunks of [
      "x\r\n",
      "-1\r\n",
      "5\nhello\r\n0\r\n\r\n",
      "5\r\nhello world\r\n0\r\n\r\n",
      "5\r\nhello\r\n0\r\n\n",
      `5;${"a".repeat(300)}\r\nhello\r\n0\r\n\r\n`,
      `0\r\n${"A: b\r\n".repeat(3000)}\r\n`,
    ]
  ) {
    using connection = await service.connect();
    await write(connection, post("Transfer-Encoding: chunked") + chunks + get("/smuggled"));
    const answer = await read(connection);
    assert.match(answer, /^HTTP\/1\.1 400 [^]*refused$/);
    assert.ok(!answer.includes("smuggled"));
  }
});

Deno.test("a body that nobody reads is no request, and its answer is not lost", async () => {
  await using service = serve(() => new Response("not wanted"));
  using connection = await service.connect(post("Content-Length: 3000000"));
  const sending = write(connection, "x".repeat(3_000_000)).catch(() => {}); // it may be cut off
  assert.match(await read(connection), /^HTTP\/1\.1 200 [^]*not wanted$/);
  connection.close();
  await sending;
});

Deno.test("who waits to be told to go on is told when the body is wanted, and only then", async () => {
  await using service = serve((request) =>
    request.headers.has("x-refuse") ? new Response("no", { status: 403 }) : echo(request)
  );
  using wanted = await service.connect(post("Content-Length: 2", "Expect: 100-continue"));
  assert.equal(await read(wanted, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  await write(wanted, "ok");
  assert.match(await read(wanted, "]"), /^HTTP\/1\.1 200 [^]*\[ok\]$/);
  const refused = post("Content-Length: 2", "Expect: 100-continue", "X-Refuse: 1");
  using unwanted = await service.connect(refused);
  assert.match(await read(unwanted), /^HTTP\/1\.1 403 /);
});

Deno.test("a response to HEAD has no body, nor has one that says so by its status", async () => {
  await using service = serve(({ method }) =>
    method === "HEAD" ? new Response("body") : new Response(null, { status: 204 })
  );
  using connection = await service.connect(`HEAD / HTTP/1.1\r\nHost: x\r\n\r\n${get("/")}`);
  const both = await read(connection, "204 No Content");
  assert.match(both, /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)+\r\nHTTP\/1\.1 204 No Content/);
});

Deno.test("a stream of events arrives as it is sent, and ends when its reader goes", async () => {
  let isOver = false;
  await using service = serve(() => {
    const events = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        controller.enqueue(new TextEncoder().encode("data: x\n\n"));
      },
      cancel: () => void (isOver = true),
    });
    return new Response(events, { headers: { "content-type": "text/event-stream" } });
  });
  const connection = await service.connect(get("/"));
  assert.match(await read(connection, "data: x\n\n\r\n9\r\ndata: x"), /transfer-encoding: chunked/);
  connection.close();
  await until(() => Promise.resolve(isOver));
});

Deno.test("HTTP/1.0 is answered without chunks, and the connection ends", async () => {
  await using service = serve(() => {
    const body = ReadableStream.from([new TextEncoder().encode("data: x\n\n")]);
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
  using connection = await service.connect("GET / HTTP/1.0\r\n\r\n");
  assert.match(await read(connection), /\r\n\r\ndata: x\n\n$/);
});

Deno.test("a path that means another one is refused", async () => {
  await using service = serve(path);
  for (const target of ["/a/../b", "/a/./b", "/%2e%2e/b", "/a\\b", "/{b}"]) {
    using connection = await service.connect(get(target));
    assert.match(await read(connection), /^HTTP\/1\.1 400 /, target);
  }
  using connection = await service.connect(get("//x/%2F", "Connection: close"));
  assert.match(await read(connection), /\r\n\r\n\/\/x\/%2F$/);
});

Deno.test("methods are as they were sent", async () => {
  await using service = serve(({ method }) => new Response(`[${method}]`));
  for (const method of ["TRACE", "CONNECT", "get", "PATCH", "M-SEARCH"]) {
    using connection = await service.connect(`${method} / HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.match(await read(connection, "]"), new RegExp(`\\[${method}\\]$`));
  }
});

Deno.test("who says nothing, or not enough, is not waited for longer than the limit", async () => {
  await using service = serve(echo, 50);
  for (const text of ["", "GET / HT", get("/").slice(0, -2), post("Content-Length: 9") + "x"]) {
    using connection = await service.connect(text);
    await read(connection);
  }
  using dripping = await service.connect("GET /");
  const drip = setInterval(() => write(dripping, "a").catch(() => {}), 10);
  await read(dripping).catch(() => {}); // a letter was under way
  clearInterval(drip);
});

Deno.test("a response may take longer than the limit", async () => {
  await using service = serve(async () => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    return new Response("at last");
  }, 50);
  using connection = await service.connect(get("/", "Connection: close"));
  assert.match(await read(connection), /at last$/);
});

Deno.test("shutdown ends idle connections, and waits for the response under way", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Response>();
  const { server, connect } = serve(() => {
    asked.resolve();
    return answer.promise;
  });
  using idle = await connect();
  using busy = await connect(get("/"));
  await asked.promise;
  let isOver = false;
  const over = server.shutdown().then(() => isOver = true);
  assert.equal(await read(idle), "");
  await assert.rejects(connect(), Deno.errors.ConnectionRefused);
  assert.equal(isOver, false);
  answer.resolve(new Response("done"));
  assert.match(await read(busy), /connection: close\r\n[^]*done$/);
  busy.close();
  await over;
});
