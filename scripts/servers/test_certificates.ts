/** Certificates for servers on this machine: a new CA, and a leaf that it signed. */
import { join } from "node:path";

/** Files in PEM form. */
export interface TestCertificates {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * Makes a CA and a certificate for localhost and 127.0.0.1 (or other `names`, as openssl writes
 * them: `DNS:localhost`) in `dir`. It takes openssl.
 *
 * There are two certificates, because a CA's own certificate is no valid server certificate.
 */
export async function makeTestCertificates(
  dir: string,
  names: readonly string[] = ["DNS:localhost", "IP:127.0.0.1"],
): Promise<TestCertificates> {
  const file = (name: string) => join(dir, name);
  const [caFile, certFile, keyFile] = [file("ca.pem"), file("server.pem"), file("server.key")];
  await makeRequest("/CN=Test CA", file("ca.key"), file("ca.csr"));
  await sign(file("ca.csr"), caFile, ["-signkey", file("ca.key")], [
    "basicConstraints=critical,CA:TRUE",
    "keyUsage=critical,keyCertSign",
  ]);
  await makeRequest("/CN=localhost", keyFile, file("server.csr"));
  const byCa = ["-CA", caFile, "-CAkey", file("ca.key"), "-set_serial", "1"];
  await sign(file("server.csr"), certFile, byCa, [
    "basicConstraints=critical,CA:FALSE",
    "extendedKeyUsage=serverAuth",
    `subjectAltName=${names.join(",")}`,
  ]);
  return { caFile, certFile, keyFile };
}

async function makeRequest(subject: string, keyFile: string, requestFile: string): Promise<void> {
  await openssl(["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", keyFile]);
  await openssl(["req", "-new", "-key", keyFile, "-subj", subject, "-out", requestFile]);
}

async function sign(
  requestFile: string,
  certFile: string,
  signer: readonly string[],
  extensions: readonly string[],
): Promise<void> {
  const extensionsFile = `${certFile}.ext`;
  await Deno.writeTextFile(extensionsFile, extensions.join("\n"));
  const files = ["-in", requestFile, "-out", certFile, "-extfile", extensionsFile];
  await openssl(["x509", "-req", "-sha256", "-days", "2", ...signer, ...files]);
}

async function openssl(args: readonly string[]): Promise<void> {
  const command = new Deno.Command("openssl", { args: [...args], stdin: "null" });
  const { success, stderr } = await command.output().catch((error) => {
    throw new Error("Cannot make test certificates: openssl is missing", { cause: error });
  });
  if (success) return;
  throw new Error(`Cannot make test certificates: ${new TextDecoder().decode(stderr)}`);
}
