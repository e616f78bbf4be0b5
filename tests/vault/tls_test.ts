/** Vault with TLS and a private CA. */
import assert from "node:assert/strict";
import { errorOf } from "../support/assertions.ts";
import { makeTestCertificates } from "../../scripts/servers/test_certificates.ts";
import { openTransit } from "../../scripts/servers/openbao/transit_fixture.ts";

const vault = await openTransit({ tls: true });
Deno.test.afterAll(() => vault.close());

const place = { platform: "postgres", dataset: ["app", "public", "customers"], column: "email" };

for (const host of ["127.0.0.1", "localhost"]) {
  Deno.test(`the CA in VAULT_CACERT is trusted, at ${host}`, async () => {
    const sdk = await vault.openSdk({ VAULT_ADDR: `https://${host}:${vault.server.port}` });
    try {
      assert.match((await sdk.tokenize(["Ada"], place))[0]!, /^vault:v1:/);
    } finally {
      await sdk.close!();
    }
  });
}

Deno.test("a server is not trusted without its CA, or with another one", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const { caFile } = await makeTestCertificates(dir);
    for (const VAULT_CACERT of [undefined, caFile]) {
      const error = await errorOf(vault.openSdk({ VAULT_CACERT }));
      assert.equal(error.code, "token_sdk_unreachable");
      assert.equal(
        error.message,
        "Cannot use Vault: its certificate is not signed by a trusted authority: see VAULT_CACERT",
      );
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a certificate for another host is not trusted", async () => {
  const VAULT_ADDR = `https://127.0.0.2:${vault.server.port}`;
  const relay = Deno.listen({ hostname: "127.0.0.2", port: vault.server.port });
  const passing = (async () => {
    for await (const client of relay) {
      const target = await Deno.connect({ hostname: "127.0.0.1", port: vault.server.port });
      const both = [
        client.readable.pipeTo(target.writable),
        target.readable.pipeTo(client.writable),
      ];
      await Promise.allSettled(both);
    }
  })();
  const error = await errorOf(vault.openSdk({ VAULT_ADDR }));
  relay.close();
  await passing;
  assert.equal(error.code, "token_sdk_unreachable");
  assert.equal(
    error.message,
    "Cannot use Vault: its certificate is not valid for VAULT_ADDR at this time",
  );
});

Deno.test("a server with TLS is not reached by plain HTTP", async () => {
  const VAULT_ADDR = `http://127.0.0.1:${vault.server.port}`;
  const error = await errorOf(vault.openSdk({ VAULT_ADDR, VAULT_CACERT: undefined }));
  assert.equal(error.code, "token_sdk_error");
  assert.match(error.message, /^Cannot use Vault: it responds with HTTP status 400/);
});
