/** Who gets the password, and in which form: real servers, and one that only wants to have it. */
import assert from "node:assert/strict";
import { startPostgres } from "../../../scripts/servers/postgres/postgres_server.ts";
import { openAction } from "../../support/action_fixture.ts";
import { connect } from "../../support/test_database.ts";
import { testUnless } from "../../support/skipping.ts";

const PASSWORD = "canary-password";
const URN = "urn:li:dataset:(urn:li:dataPlatform:postgres,postgres.public.people,PROD)";

/** An address of this machine that is not a loopback address. */
const address = Deno.networkInterfaces().find((each) =>
  each.family === "IPv4" && !each.address.startsWith("127.")
)?.address;
const noAddress = address === undefined ? "this machine has loopback addresses only" : undefined;

const USERS = { clear: "password", digest: "md5", scram: "scram-sha-256", anybody: "trust" };
const server = await startPostgres({
  tls: "optional",
  settings: { listen_addresses: ["127.0.0.1", address ?? []].flat().join() },
  accessRules: [
    ...Object.entries(USERS).map(([user, method]) => `host all ${user} all ${method}`),
    "host all all 127.0.0.1/32 scram-sha-256",
  ],
});
Deno.test.afterAll(() => server.remove());
{
  await using sql = connect(server.url());
  await sql.unsafe(`create table people (id int, name text); set password_encryption = 'md5';
    create role digest login password '${PASSWORD}'; reset password_encryption`);
  for (const user of ["clear", "scram", "anybody"]) {
    await sql.unsafe(`create role ${user} login password '${PASSWORD}'`);
  }
  await sql`grant select, update on people to public`;
}

type Parameters = Readonly<Record<string, string>>;

function actionAs(user: string, host: string, parameters: Parameters) {
  return openAction(server.url("postgres", { user, password: PASSWORD, host, parameters }));
}

async function isLetIn(user: string, host: string, parameters: Parameters): Promise<void> {
  await using action = actionAs(user, host, parameters);
  assert.equal((await action.tokenizeUrn(URN, ["name"], { dryRun: true })).updated, 0);
}

async function isRefused(user: string, host: string, parameters: Parameters): Promise<string> {
  await using action = actionAs(user, host, parameters);
  return (await action.failsUrn("database_unreachable", URN, ["name"])).message;
}

testUnless(
  noAddress,
  "without TLS, the password is not given in clear text or as MD5, and the error says what helps",
  async () => {
    const plain = { sslmode: "disable" };
    for (const [user, method] of [["clear", "password"], ["digest", "md5"]] as const) {
      assert.match(
        await isRefused(user, address!, plain),
        new RegExp(`\\(${method}\\) that needs an encrypted connection.*require_auth=${method}$`),
      );
      await isLetIn(user, address!, { ...plain, require_auth: method });
      await isLetIn(user, address!, { sslmode: "require" });
      await isLetIn(user, "127.0.0.1", plain);
      await isLetIn(user, "localhost", plain);
    }
    await isLetIn("scram", address!, plain);
    await isLetIn("anybody", address!, plain);
  },
);

testUnless(
  noAddress,
  "an address beside localhost says whether others may read the password, not the name",
  async () => {
    const plain = { sslmode: "disable" };
    const elsewhere = { ...plain, hostaddr: address! };
    assert.match(await isRefused("clear", "localhost", elsewhere), /needs an encrypted connection/);
    await isLetIn("clear", "no.such.host.invalid", { ...plain, hostaddr: "127.0.0.1" });
  },
);

Deno.test("a password of any characters is the same in both forms of the connection string", async () => {
  const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join("");
  const odd = `${ascii}\t\nGröße 💌`;
  {
    await using sql = connect(server.url());
    const literal = `E'${odd.replace(/[\\']/g, "\\$&")}'`;
    await sql.unsafe(`create role odd login password ${literal};
      grant select, update on people to odd`);
  }
  const { port } = server;
  const forms = [
    `postgres://odd:${encodeURIComponent(odd)}@127.0.0.1:${port}/postgres`,
    `postgres://127.0.0.1:${port}/postgres?user=odd&password=${encodeURIComponent(odd)}`,
    `host=127.0.0.1 port=${port} user=odd dbname=postgres ` +
    `password='${odd.replace(/[\\']/g, "\\$&")}'`,
    `password=${
      odd.replace(/[\\' \t\n]/g, "\\$&")
    } host=127.0.0.1 port=${port} user=odd dbname=postgres`,
  ];
  for (const form of forms) {
    await using action = openAction(form);
    assert.equal((await action.tokenizeUrn(URN, ["name"], { dryRun: true })).updated, 0);
  }
});

Deno.test("require_auth holds on every connection, for every method", async () => {
  const host = "127.0.0.1";
  for (const [user, name] of Object.entries(USERS)) {
    const method = name === "trust" ? "none" : name;
    for (const sslmode of ["disable", "require"]) {
      await isLetIn(user, host, { sslmode, require_auth: method });
      await isLetIn(user, host, { sslmode, require_auth: `gss,${method}` });
      assert.match(
        await isRefused(user, host, { sslmode, require_auth: `!${method}` }),
        new RegExp(`by the method "${method}", which require_auth does not allow$`),
      );
    }
  }
});

/** What a server sends to ask for something, as 55.7 Message Formats has it. */
const ASK = {
  password: [82, 0, 0, 0, 8, 0, 0, 0, 3],
  md5: [82, 0, 0, 0, 12, 0, 0, 0, 5, 1, 2, 3, 4],
  welcome: [82, 0, 0, 0, 8, 0, 0, 0, 0],
  scram: [82, 0, 0, 0, 23, 0, 0, 0, 10, ...new TextEncoder().encode("SCRAM-SHA-256"), 0, 0],
  notice: [78, 0, 0, 0, 6, 0, 0],
};

/** A server that sends this, byte by byte if it may be, and keeps what it is sent. */
function impostor(hostname: string, messages: readonly (readonly number[])[], isSlow: boolean) {
  const listener = Deno.listen({ hostname, port: 0 });
  const received: string[] = [];
  (async () => {
    for await (const connection of listener) {
      const buffer = new Uint8Array(4096);
      const next = async () => {
        const size = await connection.read(buffer).catch(() => null);
        if (size !== null) received.push(new TextDecoder().decode(buffer.subarray(0, size)));
        return size !== null;
      };
      await next();
      for (const message of messages) {
        const pieces = isSlow ? message.map((byte) => [byte]) : [message];
        for (const piece of pieces) await connection.write(Uint8Array.from(piece)).catch(() => {});
        if (message[0] === 82) await next();
      }
      while (await next());
      connection.close();
    }
  })().catch(() => {}); // it is closed
  return {
    port: listener.addr.port,
    received,
    [Symbol.dispose]: () => listener.close(),
  };
}

async function sentTo(
  hostname: string,
  messages: readonly (readonly number[])[],
  isSlow: boolean,
  parameters: string,
): Promise<string[]> {
  using server = impostor(hostname, messages, isSlow);
  await using action = openAction(
    `postgres://ada:${PASSWORD}@${hostname}:${server.port}/app?sslmode=disable&${parameters}`,
  );
  const urn = "urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.people,PROD)";
  await action.failsUrn("database_unreachable", urn, ["name"]);
  return server.received;
}

testUnless(noAddress, "a server that only asks gets nothing but the user's name", async () => {
  for (const messages of [[ASK.password], [ASK.md5], [ASK.notice, ASK.password]]) {
    for (const isSlow of [false, true]) {
      const [startup, ...more] = await sentTo(address!, messages, isSlow, "");
      assert.match(startup!, /\0user\0ada\0/);
      assert.deepEqual(more, []);
    }
  }
});

Deno.test("a server that ends SCRAM without a proof is not believed", async () => {
  const [, , ...more] = await sentTo("127.0.0.1", [ASK.scram, ASK.welcome], false, "");
  assert.deepEqual(more, []);
});

Deno.test("a server that asks for SCRAM first gets no password afterwards", async () => {
  const messages = [ASK.scram, ASK.password];
  const parameters = "require_auth=scram-sha-256";
  const received = await sentTo("127.0.0.1", messages, false, parameters);
  assert.ok(received.every((text) => !text.includes(PASSWORD)));
});
