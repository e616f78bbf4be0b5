/** A CA, and a certificate that it signed, with its key: texts in PEM form. It takes openssl. */
import { makeTestCertificates } from "../../scripts/servers/test_certificates.ts";

/** The texts. */
export interface PemTexts {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Makes them, and leaves no file. */
export async function makePemTexts(): Promise<PemTexts> {
  const dir = await Deno.makeTempDir();
  try {
    const { caFile, certFile, keyFile } = await makeTestCertificates(dir);
    const [ca, cert, key] = await Promise.all(
      [caFile, certFile, keyFile].map((each) => Deno.readTextFile(each)),
    );
    return { ca: ca!, cert: cert!, key: key! };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
