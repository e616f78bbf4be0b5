/** A certificate for a client, signed by a test server's CA, whose key lies beside it. It takes openssl. */
import { join } from "node:path";

/** Files in PEM form. */
export interface ClientCertificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Makes one for `user` in `dir`, which holds `ca.pem` and `ca.key`. */
export async function makeClientCertificate(dir: string, user: string): Promise<ClientCertificate> {
  const file = (name: string) => join(dir, name);
  const [certFile, keyFile] = [file("client.pem"), file("client.key")];
  await openssl(["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", keyFile]);
  await openssl([
    "req",
    "-new",
    "-key",
    keyFile,
    "-subj",
    `/CN=${user}`,
    "-out",
    file("client.csr"),
  ]);
  await Deno.writeTextFile(
    file("client.ext"),
    "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=clientAuth\nsubjectAltName=DNS:client\n",
  );
  await openssl([
    "x509",
    "-req",
    "-sha256",
    "-days",
    "2",
    "-in",
    file("client.csr"),
    "-out",
    certFile,
    "-CA",
    file("ca.pem"),
    "-CAkey",
    file("ca.key"),
    "-set_serial",
    "2",
    "-extfile",
    file("client.ext"),
  ]);
  return { certFile, keyFile };
}

/** The file with the same key, encrypted as PKCS #8 has it. */
export async function encryptKey(keyFile: string, passphrase: string): Promise<string> {
  const file = `${keyFile}.encrypted`;
  const pass = ["-passout", `pass:${passphrase}`];
  await openssl(["pkcs8", "-topk8", "-in", keyFile, "-out", file, "-v2", "aes-256-cbc", ...pass]);
  await Deno.chmod(file, 0o600);
  return file;
}

async function openssl(args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args: [...args] }).output();
  if (!success) throw new Error(`Cannot run openssl: ${new TextDecoder().decode(stderr)}`);
}
