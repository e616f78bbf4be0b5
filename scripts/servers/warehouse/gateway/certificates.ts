/** Certificates for the doors, made by `openssl` at every start. */
import type { Door } from "../control.ts";

/** As `Deno.listenTls` takes it. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  readonly doors: Readonly<Record<Door, ServerCertificate>>;
  /** The CA for clients to trust. */
  readonly caFile: string;
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
const OWN_NAMES = "DNS:localhost,IP:127.0.0.1";

/** Makes two CAs, one of them for clients to trust, and a certificate for each door. */
export async function makeCertificates(directory: string): Promise<Certificates> {
  const trusted = await makeCa(directory, "trusted");
  const stranger = await makeCa(directory, "stranger");
  const good = await makeLeaf(directory, "good", trusted, OWN_NAMES, 30);
  return {
    caFile: `${trusted}.pem`,
    doors: {
      warehouse: good,
      tokens: good,
      untrusted: await makeLeaf(directory, "untrusted", stranger, OWN_NAMES, 30),
      expired: await makeLeaf(directory, "expired", trusted, OWN_NAMES, 0),
      wrong_host: await makeLeaf(directory, "wrong-host", trusted, "DNS:elsewhere.invalid", 30),
    },
  };
}

async function makeCa(directory: string, name: string): Promise<string> {
  const path = `${directory}/${name}-ca`;
  await openssl(
    ["req", "-x509", ...NEW_KEY, "-keyout", `${path}.key`, "-out", `${path}.pem`],
    ["-days", "30", "-subj", `/CN=stand-in warehouse ${name} CA`],
  );
  return path;
}

/** A leaf of its own, since a CA's certificate is refused as a server's. */
async function makeLeaf(
  directory: string,
  name: string,
  ca: string,
  names: string,
  days: number,
): Promise<ServerCertificate> {
  const path = `${directory}/${name}`;
  await Deno.writeTextFile(
    `${path}.ext`,
    `basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=${names}\n`,
  );
  await openssl(
    ["req", ...NEW_KEY, "-keyout", `${path}.key`, "-out", `${path}.csr`],
    ["-subj", "/CN=stand-in warehouse"],
  );
  await openssl(
    ["x509", "-req", "-in", `${path}.csr`, "-CA", `${ca}.pem`, "-CAkey", `${ca}.key`],
    ["-CAcreateserial", "-days", String(days), "-extfile", `${path}.ext`, "-out", `${path}.pem`],
  );
  return {
    cert: await Deno.readTextFile(`${path}.pem`),
    key: await Deno.readTextFile(`${path}.key`),
  };
}

async function openssl(...args: string[][]): Promise<void> {
  const output = await new Deno.Command("openssl", { args: args.flat() }).output();
  if (output.success) return;
  throw new Error(`Cannot make a certificate: ${new TextDecoder().decode(output.stderr)}`);
}
