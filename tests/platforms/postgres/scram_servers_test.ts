/** SCRAM with real servers: passwords of any characters, and the binding to the TLS connection. */
import assert from "node:assert/strict";
import { startPostgres } from "../../../scripts/servers/postgres/postgres_server.ts";
import { openSql, serverSettings } from "../../../scripts/servers/postgres/sql.ts";
import { makeTestCertificates } from "../../../scripts/servers/test_certificates.ts";
import { openSocket } from "../../../src/platforms/postgres/connection/open_socket.ts";
import { openAction } from "../../support/action_fixture.ts";

const USERS = { clear: "password", digest: "md5", anybody: "trust" };
const server = await startPostgres({
  tls: "optional",
  accessRules: [
    ...Object.entries(USERS).map(([user, method]) => `host all ${user} all ${method}`),
    "host all all all scram-sha-256",
  ],
});
Deno.test.afterAll(() => server.remove());
const folder = await Deno.makeTempDir();
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const PASSWORD = "secret";
{
  await using sql = openSql(server.url());
  await sql.unsafe(
    `create table people (id int, name text); grant select, update on people to public;
    set password_encryption = 'md5'; create role digest login password '${PASSWORD}';
    reset password_encryption; create role bound login password '${PASSWORD}';
    create role clear login password '${PASSWORD}'; create role anybody login`,
  );
}

const URN = "urn:li:dataset:(urn:li:dataPlatform:postgres,postgres.public.people,PROD)";

interface Login {
  readonly user?: string;
  readonly password?: string;
  readonly port?: number;
}

function actionAs(
  { user = "bound", password = PASSWORD, port = server.port }: Login,
  parameters: Readonly<Record<string, string>>,
) {
  const url = new URL(server.url("postgres", { user, password, parameters }));
  url.port = String(port);
  return openAction(url.href);
}

async function isLetIn(login: Login, parameters: Readonly<Record<string, string>>): Promise<void> {
  await using action = actionAs(login, parameters);
  assert.equal((await action.tokenizeUrn(URN, ["name"], { dryRun: true })).updated, 0);
}

async function isRefused(login: Login, parameters: Readonly<Record<string, string>>) {
  await using action = actionAs(login, parameters);
  return (await action.failsUrn("database_unreachable", URN, ["name"])).message;
}

Deno.test("a password with any characters is the one that the server knows", async () => {
  const passwords = [
    "pass'w\"o\\rd :/?#[]@!$&()*+,;=% ",
    "é",
    "e\u0301",
    "\u00AD\u2168\u00AA\u00A0\u3000",
    "静香",
    "\u0627\u0628",
    "\u0627\u2168" + "1",
    "\u2168\u{1F600}",
    "\u2168\uE000",
    "tab\tbell\u0007",
    "x".repeat(900),
  ];
  await using sql = openSql(server.url());
  await sql`create role odd login`;
  for (const password of passwords) {
    const [row] = await sql`select quote_literal(${password}) as literal`;
    await sql.unsafe(`alter role odd password ${row!.literal}`);
    await isLetIn({ user: "odd", password }, { sslmode: "disable" });
  }
  // what looks the same is the same
  await sql`alter role odd password 'IX'`;
  await isLetIn({ user: "odd", password: "\u2168\u00AD" }, { sslmode: "disable" });
});

Deno.test("channel_binding is possible with TLS and SCRAM alone", async () => {
  for (const channel_binding of ["disable", "prefer", "require"]) {
    await isLetIn({}, { sslmode: "require", channel_binding });
  }
  for (const user of Object.keys(USERS)) {
    await isLetIn({ user }, { sslmode: "require", channel_binding: "prefer" });
    assert.match(
      await isRefused({ user }, { sslmode: "require", channel_binding: "require" }),
      /cannot bind the password to the TLS connection, which channel_binding=require asks for$/,
    );
  }
  await isLetIn({}, { sslmode: "disable", channel_binding: "prefer" });
});

/** Takes TLS from a client and opens TLS to the server, and passes on what it could read. */
async function startInterceptor() {
  const { certFile, keyFile } = await makeTestCertificates(folder);
  const [cert, key] = [await Deno.readTextFile(certFile), await Deno.readTextFile(keyFile)];
  const hostname = "127.0.0.1";
  const inner = Deno.listenTls({ hostname, port: 0, cert, key });
  const outer = Deno.listen({ hostname, port: 0 });
  const upstream = serverSettings(server.url("postgres", { parameters: { sslmode: "require" } }));
  serve(outer, async (connection) => {
    await connection.read(new Uint8Array(8)); // the request for TLS
    await connection.write(new TextEncoder().encode("S"));
    const within = await Deno.connect({ hostname, port: inner.addr.port });
    await Promise.all([
      connection.readable.pipeTo(within.writable),
      within.readable.pipeTo(connection.writable),
    ]);
  });
  serve(inner, async (connection) => {
    const socket = await openSocket(upstream, new AbortController().signal);
    const writer = connection.writable.getWriter();
    socket.on("error", () => {}).on("close", () => void writer.close().catch(() => {}));
    socket.on("data", (piece: Uint8Array) => void writer.write(piece).catch(() => {}));
    for await (const piece of connection.readable) socket.write(piece);
    socket.destroy();
  });
  return {
    port: outer.addr.port,
    [Symbol.dispose]() {
      outer.close();
      inner.close();
    },
  };
}

function serve<C>(listener: AsyncIterable<C>, relay: (connection: C) => Promise<void>): void {
  const accept = async () => {
    for await (const connection of listener) void relay(connection).catch(() => {});
  };
  accept().catch(() => {}); // it is closed
}

Deno.test("the server refuses a password that comes through somebody else's TLS, unless binding is switched off", async () => {
  using interceptor = await startInterceptor();
  const { port } = interceptor;
  await isLetIn({ port }, { sslmode: "require", channel_binding: "disable" });
  for (const channel_binding of ["prefer", "require"]) {
    assert.match(await isRefused({ port }, { sslmode: "require", channel_binding }), /SQLSTATE 28/);
  }
});
