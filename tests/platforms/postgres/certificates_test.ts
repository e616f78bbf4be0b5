/** A server's certificate that is refused is refused for what it is. It takes openssl. */
import { join } from "node:path";
import { startPostgres } from "../../../scripts/servers/postgres/postgres_server.ts";
import { until } from "../../../scripts/servers/until.ts";
import { openAction } from "../../support/action_fixture.ts";

const server = await startPostgres({ tls: "required" });
Deno.test.afterAll(() => server.remove());
const file = (name: string) => join(server.dir, name);

const SERVER = "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n";
const LOCALHOST = `${SERVER}subjectAltName=DNS:localhost\n`;

/** What each certificate is made of, and what is said of it. */
const CASES: Readonly<
  Record<string, { extensions?: string; times?: [from: string, to: string]; reason: RegExp }>
> = {
  "of X.509 version 1": { reason: /is of X\.509 version 1: it needs version 3$/ },
  "with a common name only": {
    extensions: SERVER,
    reason: /names no host: it needs a subjectAltName, a common name does not count$/,
  },
  "for another host": {
    extensions: `${SERVER}subjectAltName=DNS:elsewhere.example\n`,
    reason: /is for another host: connect by a name that it has, or with sslmode=verify-ca$/,
  },
  "that has expired": {
    extensions: LOCALHOST,
    times: ["20200101000000Z", "20210101000000Z"],
    reason: /has expired$/,
  },
  "that is not valid yet": {
    extensions: LOCALHOST,
    times: ["20980101000000Z", "20990101000000Z"],
    reason: /is not valid yet, by this machine's clock$/,
  },
};

for (const [title, { extensions, times, reason }] of Object.entries(CASES)) {
  Deno.test(`a certificate ${title} is refused, and the error says so`, async () => {
    await signServerCertificate(extensions, times);
    await server.configure({}); // which has the server read its certificate again
    await failsWith(reason, { sslmode: "verify-full", sslrootcert: server.caFile! });
  });
}

Deno.test("a certificate of an unknown CA is refused, and the error says so", async () => {
  await signServerCertificate(LOCALHOST);
  await server.configure({});
  const reason = /is not signed by a CA that sslrootcert names or the system trusts$/;
  await failsWith(reason, { sslmode: "verify-full" });
});

/** The server takes a moment to show its new certificate. */
async function failsWith(reason: RegExp, parameters: Record<string, string>): Promise<void> {
  await until(async () => {
    await using action = openAction(server.url("postgres", { host: "localhost", parameters }));
    const error = await action.failsUrn(["database_unreachable", "table_not_found"], URN, ["name"]);
    return reason.test(error.message);
  });
}

const URN = "urn:li:dataset:(urn:li:dataPlatform:postgres,postgres.public.people,PROD)";

/** Replaces the server's certificate; without `extensions` it is of version 1. */
async function signServerCertificate(
  extensions?: string,
  times?: readonly [from: string, to: string],
): Promise<void> {
  if (extensions !== undefined) await Deno.writeTextFile(file("more.ext"), extensions);
  const extended = extensions === undefined ? [] : ["-extfile", file("more.ext")];
  if (times === undefined) {
    const signer = ["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-set_serial", "3"];
    const files = ["-in", file("server.csr"), "-out", file("server.pem")];
    return await openssl([
      "x509",
      "-req",
      "-sha256",
      "-days",
      "2",
      ...signer,
      ...files,
      ...extended,
    ]);
  }
  await Deno.writeTextFile(file("index"), "");
  await Deno.writeTextFile(file("serial"), "03");
  await Deno.writeTextFile(
    file("ca.cnf"),
    `[ca]\ndefault_ca=own\n[own]\ndatabase=${file("index")}\nserial=${file("serial")}\n` +
      `new_certs_dir=${server.dir}\ndefault_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n`,
  );
  const [from, to] = times;
  const how = ["-batch", "-notext", "-config", file("ca.cnf"), "-startdate", from, "-enddate", to];
  const signer = ["-cert", file("ca.pem"), "-keyfile", file("ca.key")];
  const files = ["-in", file("server.csr"), "-out", file("server.pem")];
  await openssl(["ca", ...how, ...signer, ...files, ...extended]);
}

async function openssl(args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args: [...args] }).output();
  if (!success) throw new Error(`Cannot run openssl: ${new TextDecoder().decode(stderr)}`);
}
