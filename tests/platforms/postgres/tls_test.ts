/** TLS: each `sslmode` protects as much as in libpq. */
import assert from "node:assert/strict";
import { startPostgres } from "../../../scripts/servers/postgres/postgres_server.ts";
import { makeTestCertificates } from "../../../scripts/servers/test_certificates.ts";
import { openAction, useDatabase } from "../../support/action_fixture.ts";
import { connect } from "../../support/test_database.ts";
import { until } from "../../../scripts/servers/until.ts";
import { ServiceError } from "../../../src/errors.ts";
import { encryptKey, makeClientCertificate } from "./client_certificate.ts";
import { testUnless } from "../../support/skipping.ts";

/** Encrypted connections by password, but for the user "certified", who needs a certificate. */
const server = await startPostgres({
  tls: "optional",
  // its certificate is for localhost and 127.0.0.1
  settings: { listen_addresses: Deno.build.os === "linux" ? "127.0.0.1,127.0.0.2" : "127.0.0.1" },
  accessRules: [
    "hostssl all certified all trust",
    "hostnossl all certified all reject",
    "hostssl all unencrypted all reject",
    "host all all all scram-sha-256",
  ],
});
Deno.test.afterAll(() => server.remove());
const plain = await useDatabase(); // on a server without TLS, made or given
const plainHasTls = (await plain.sql`show ssl`)[0]?.ssl === "on";

{
  await using sql = connect(server.url());
  await sql.unsafe(`create table people (id int, name text); create role certified login;
    create role unencrypted login password 'postgres';
    grant select, update on people to certified, unencrypted`);
}
const otherDir = await Deno.makeTempDir();
const otherCa = (await makeTestCertificates(otherDir)).caFile;
const ownCa = server.caFile!;
Deno.test.afterAll(() => Deno.remove(otherDir, { recursive: true }));

/** Whether the action's session is encrypted, as the server sees it. */
async function isEncrypted(): Promise<boolean> {
  await using sql = connect(server.url());
  const rows = await sql`select ssl from pg_stat_ssl join pg_stat_activity using (pid)
    where application_name = 'tokenize-action'`;
  assert.equal(rows.length, 1);
  return rows[0]?.ssl;
}

type Parameters = Readonly<Record<string, string>>;

async function connects(parameters: Parameters, encrypted: boolean, host?: string): Promise<void> {
  const url = server.url("postgres", { parameters, ...(host && { host }) });
  {
    await using action = openAction(url);
    await action.tokenize("public.people", ["name"], { dryRun: true });
    assert.equal(await isEncrypted(), encrypted);
  }
  await until(async () => {
    await using sql = connect(server.url());
    return (await sql`select from pg_stat_activity where application_name = 'tokenize-action'`)
      .length === 0;
  });
}

async function isRefused(parameters: Parameters, host?: string): Promise<ServiceError> {
  await using action = openAction(server.url("postgres", { parameters, ...(host && { host }) }));
  return await action.fails("database_unreachable", "public.people", ["name"]);
}

Deno.test("sslmode=disable does not encrypt", async () => {
  await connects({ sslmode: "disable" }, false);
});

Deno.test("a server that asks for TLS by pg_hba.conf is refused without, and the error says so", async () => {
  const url = server.url("postgres", { user: "certified", parameters: { sslmode: "disable" } });
  await using action = openAction(url);
  const error = await action.failsUrn("database_unreachable", urn, ["name"]);
  assert.match(error.message, /pg_hba\.conf asks for TLS \(sslmode=require\).*\(SQLSTATE 28000\)$/);
});

for (const sslmode of ["prefer", "require"]) {
  Deno.test(`sslmode=${sslmode} encrypts if the server supports it, with any certificate`, async () => {
    await connects({ sslmode }, true);
    await connects({ sslmode }, true, "localhost");
  });
}

Deno.test("sslmode=allow encrypts only if the server does not let it in without", async () => {
  await connects({ sslmode: "allow" }, false);
  const url = server.url("postgres", { user: "certified", parameters: { sslmode: "allow" } });
  await using action = openAction(url);
  await action.tokenizeUrn(urn, ["name"], { dryRun: true });
});

Deno.test("sslmode=prefer goes on without TLS if the server does not let it in with it", async () => {
  const url = (sslmode: string) =>
    server.url("postgres", { user: "unencrypted", parameters: { sslmode } });
  await using action = openAction(url("prefer"));
  await action.tokenizeUrn(urn, ["name"], { dryRun: true });
  await using strict = openAction(url("require"));
  await strict.failsUrn("database_unreachable", urn, ["name"]);
});

Deno.test("sslmode=prefer goes on without TLS if there is no common version of it", async () => {
  await using old = await startPostgres({
    tls: "optional",
    settings: { ssl_min_protocol_version: "TLSv1", ssl_max_protocol_version: "TLSv1.1" },
  });
  const open = (sslmode: string) => openAction(old.url("postgres", { parameters: { sslmode } }));
  await using action = open("prefer");
  await action.failsUrn("table_not_found", urn, ["name"]);
  for (const sslmode of ["require", "verify-full"]) {
    await using strict = open(sslmode);
    const error = await strict.failsUrn("database_unreachable", urn, ["name"]);
    assert.match(error.message, /the server has no TLS of version 1\.2 or later, or no cipher/);
  }
});

Deno.test("if both ways fail, the error is about the password and not about pg_hba.conf", async () => {
  for (const [user, sslmode] of [["unencrypted", "prefer"], ["postgres", "allow"]] as const) {
    const url = server.url("postgres", { user, password: "wrong", parameters: { sslmode } });
    await using action = openAction(url);
    const error = await action.failsUrn("database_unreachable", urn, ["name"]);
    assert.match(error.message, /refused the user or the password \(SQLSTATE 28P01\)$/);
  }
});

Deno.test("without sslmode, the connection is encrypted if the server supports it", async () => {
  await connects({}, true);
});

Deno.test("sslmode=verify-full accepts a certificate for the host, signed by the given CA", async () => {
  await connects({ sslmode: "verify-full", sslrootcert: ownCa }, true);
  await connects({ sslmode: "verify-full", sslrootcert: ownCa }, true, "localhost");
});

Deno.test("sslmode=verify-full and verify-ca refuse an unknown CA, and say what is needed", async () => {
  for (const sslmode of ["verify-full", "verify-ca"]) {
    const authorities: Parameters[] = [{ sslrootcert: otherCa }, {}];
    for (const authority of authorities) {
      const error = await isRefused({ sslmode, ...authority });
      assert.match(error.message, /certificate/);
    }
  }
});

Deno.test("sslmode=require with a CA verifies it, as in libpq", async () => {
  await isRefused({ sslmode: "require", sslrootcert: otherCa });
  await connects({ sslmode: "require", sslrootcert: ownCa }, true);
});

testUnless(
  Deno.build.os === "linux" ? undefined : "this system has no 127.0.0.2",
  "verify-full checks the address, and verify-ca does not",
  async () => {
    const elsewhere = "127.0.0.2";
    await isRefused({ sslmode: "verify-full", sslrootcert: ownCa }, elsewhere);
    await connects({ sslmode: "verify-ca", sslrootcert: ownCa }, true, elsewhere);
    await isRefused({ sslmode: "verify-ca", sslrootcert: otherCa }, elsewhere);
  },
);

testUnless(
  plainHasTls ? "the test server has TLS" : undefined,
  "a server without TLS is refused if TLS is required",
  async () => {
    for (const sslmode of ["require", "verify-ca", "verify-full"]) {
      await using action = openAction(`${plain.url}?sslmode=${sslmode}`);
      const error = await action.fails("database_unreachable", "public.people", ["name"]);
      assert.match(error.message, new RegExp(`has no TLS, which sslmode=${sslmode} requires$`));
    }
    await using action = openAction(`${plain.url}?sslmode=prefer`);
    await action.fails("table_not_found", "public.people", ["name"]);
  },
);

Deno.test("a client certificate is sent to a server that asks for one", async () => {
  const { certFile, keyFile } = await makeClientCertificate(server.dir, "certified");
  const rules = "hostssl all certified all cert\nhost all all all scram-sha-256\n";
  await Deno.writeTextFile(`${server.dir}/data/pg_hba.conf`, rules);
  await server.configure({ ssl_ca_file: ownCa });
  const certificate = { sslcert: certFile, sslkey: keyFile };
  const encrypted = { sslkey: await encryptKey(keyFile, "canary"), sslpassword: "canary" };
  const url = (parameters: Parameters) =>
    server.url("postgres", { user: "certified", password: "", parameters });
  await until(async () => {
    await using action = openAction(url({ sslmode: "require" }));
    return await action.tokenizeUrn(urn, ["name"]).then(() => false, () => true);
  });
  for (const sslmode of ["require", "verify-full"]) {
    const root: Parameters = sslmode === "require" ? {} : { sslrootcert: ownCa };
    await using action = openAction(url({ sslmode, ...root, ...certificate }));
    assert.equal((await action.tokenizeUrn(urn, ["name"])).updated, 0);
    await using opened = openAction(url({ sslmode, ...root, ...certificate, ...encrypted }));
    assert.equal((await opened.tokenizeUrn(urn, ["name"])).updated, 0);
    const keptBack = { ...certificate, sslcertmode: "disable" };
    await using silent = openAction(url({ sslmode, ...root, ...keptBack }));
    await silent.failsUrn("database_unreachable", urn, ["name"]);
    await using without = openAction(url({ sslmode, ...root }));
    await without.failsUrn("database_unreachable", urn, ["name"]);
  }
  await using preferred = openAction(url({ ...certificate }));
  assert.equal((await preferred.tokenizeUrn(urn, ["name"])).updated, 0);
});

Deno.test("a statement is cancelled over TLS too", async () => {
  await using other = connect(server.url());
  await using watcher = connect(server.url()); // within a transaction the activity stands still
  await other`begin`;
  await other`lock table people in access exclusive mode`;
  const url = server.url("postgres", { parameters: { sslmode: "require" } });
  await using action = openAction(url, { lockTimeoutMs: 600_000 });
  const end = new AbortController();
  const run = action.fails("shutting_down", "public.people", ["name"], { signal: end.signal });
  const waiting = async () => {
    const rows = await watcher`select from pg_stat_activity
      where application_name = 'tokenize-action' and wait_event_type = 'Lock'`;
    return rows.length;
  };
  await until(async () => await waiting() === 1);
  end.abort(new ServiceError("shutting_down", "Cannot finish the run: the test ends it"));
  await run;
  await until(async () => await waiting() === 0);
});

const urn = "urn:li:dataset:(urn:li:dataPlatform:postgres,postgres.public.people,PROD)";
