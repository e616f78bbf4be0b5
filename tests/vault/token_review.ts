/**
 * A Kubernetes cluster as far as Vault's way to log in with service accounts knows one: it signs their
 * tokens, and says of a token whose it is (the API `TokenReview`), over HTTPS. It is not a real API
 * server: tokens are not bound to pods, and who asks is not checked.
 */
import type { BaoServer } from "../../scripts/servers/openbao/bao_server.ts";
import { makeTestCertificates } from "../../scripts/servers/test_certificates.ts";

/** A cluster that runs. */
export interface TokenReviewer extends AsyncDisposable {
  readonly address: string;
  readonly caCertificate: string;
  /** A token of a service account in the namespace `default`, which lasts for so long. */
  sign(account: string, seconds?: number): Promise<string>;
}

const NAMESPACE = "default";
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** Starts one on 127.0.0.1. */
export async function startTokenReviewer(): Promise<TokenReviewer> {
  const dir = await Deno.makeTempDir();
  const { caFile, certFile, keyFile } = await makeTestCertificates(dir);
  const [cert, key] = [await Deno.readTextFile(certFile), await Deno.readTextFile(keyFile)];
  const caCertificate = await Deno.readTextFile(caFile);
  await Deno.remove(dir, { recursive: true });
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);

  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen() {} },
    async (request) => {
      const review = await request.json();
      const username = await accountOf(review.spec.token, keys.publicKey);
      const status = username === undefined
        ? { authenticated: false, error: "the token is not valid" }
        : { authenticated: true, user: { username, uid: uidOf(username), groups: [] } };
      return Response.json({ ...review, status }, { status: 201 });
    },
  );
  return {
    address: `https://127.0.0.1:${server.addr.port}`,
    caCertificate,
    async sign(account, seconds = 3600) {
      const nowS = Math.floor(Date.now() / 1000);
      const sub = `system:serviceaccount:${NAMESPACE}:${account}`;
      const kubernetes = {
        namespace: NAMESPACE,
        serviceaccount: { name: account, uid: uidOf(sub) },
      };
      const claims = {
        iss: "https://kubernetes.default.svc",
        sub,
        iat: nowS,
        nbf: nowS,
        exp: nowS + seconds,
        "kubernetes.io": kubernetes,
      };
      const head = `${encode({ alg: "ES256", typ: "JWT" })}.${encode(claims)}`;
      const bytes = new TextEncoder().encode(head);
      const signature = await crypto.subtle.sign(ALGORITHM, keys.privateKey, bytes);
      return `${head}.${base64Url(new Uint8Array(signature))}`;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Lets that account of the cluster log in to Vault in the role `tokenize`. */
export async function letLogIn(
  server: BaoServer,
  cluster: TokenReviewer,
  account: string,
  policy: string,
): Promise<void> {
  await server.api("POST", "sys/auth/kubernetes", { type: "kubernetes" });
  await server.api("POST", "auth/kubernetes/config", {
    kubernetes_host: cluster.address,
    kubernetes_ca_cert: cluster.caCertificate,
    token_reviewer_jwt: await cluster.sign("vault"),
  });
  await server.api("POST", "auth/kubernetes/role/tokenize", {
    bound_service_account_names: [account],
    bound_service_account_namespaces: [NAMESPACE],
    token_policies: [policy],
  });
}

/** A volume with a service account's token, which is renewed as the kubelet does it. */
export interface TokenVolume extends AsyncDisposable {
  /** A symbolic link, by way of another that is replaced. */
  readonly file: string;
  renew(token: string): Promise<void>;
}

/** Makes one in a temporary folder. */
export async function makeTokenVolume(token: string): Promise<TokenVolume> {
  const dir = await Deno.makeTempDir();
  let version = 0;
  const renew = async (text: string) => {
    const name = `..${++version}`;
    await Deno.mkdir(`${dir}/${name}`);
    await Deno.writeTextFile(`${dir}/${name}/token`, text);
    await Deno.symlink(name, `${dir}/..data_tmp`);
    await Deno.rename(`${dir}/..data_tmp`, `${dir}/..data`);
    if (version > 1) await Deno.remove(`${dir}/..${version - 1}`, { recursive: true });
  };
  await renew(token);
  await Deno.symlink("..data/token", `${dir}/token`);
  return {
    file: `${dir}/token`,
    renew,
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

/** Whose token it is; undefined if it has expired or was signed by somebody else. */
async function accountOf(token: string, key: CryptoKey): Promise<string | undefined> {
  const [header, payload, signature] = token.split(".") as [string, string, string];
  const signed = new TextEncoder().encode(`${header}.${payload}`);
  const bytes = Uint8Array.fromBase64(signature, { alphabet: "base64url" });
  if (!await crypto.subtle.verify(ALGORITHM, key, bytes, signed)) return undefined;
  const claims = JSON.parse(
    new TextDecoder().decode(Uint8Array.fromBase64(payload, { alphabet: "base64url" })),
  );
  return claims.exp * 1000 < Date.now() ? undefined : claims.sub;
}

function uidOf(account: string): string {
  return `uid-of-${account.split(":").at(-1)}`;
}

function encode(value: unknown): string {
  return base64Url(new TextEncoder().encode(JSON.stringify(value)));
}

function base64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}
