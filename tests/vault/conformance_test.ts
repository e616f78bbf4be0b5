/** `vault-transit` on a real server does what every token SDK must do. */
import { TOKEN_SCOPES } from "../../src/tokens/token_scope.ts";
import { vaultTransit } from "../../src/tokens/vault/vault_transit.ts";
import { openSdk, testConformance } from "../tokens/conformance.ts";
import { startRelay } from "./misbehaving_relay.ts";
import { openTransit, QUICK } from "../../scripts/servers/openbao/transit_fixture.ts";

const vault = await openTransit();
Deno.test.afterAll(() => vault.close());

for (const scope of TOKEN_SCOPES) {
  const variables = vault.variables({ TOKEN_CONTEXT: scope });
  const subject = { adapter: vaultTransit, variables, scope, hasExactLength: true };
  testConformance({
    ...subject,
    isReversible: true,
    failing: {
      "once it is closed": async () => {
        const sdk = await openSdk(subject);
        await sdk.close!();
        return sdk;
      },
      "once its token is revoked": async () => {
        const VAULT_TOKEN = await vault.makeToken(
          'path "transit/*" { capabilities = ["read", "update"] }',
        );
        const sdk = await openSdk({ ...subject, variables: { ...variables, VAULT_TOKEN } });
        await vault.server.api("POST", "auth/token/revoke", { token: VAULT_TOKEN });
        return sdk;
      },
      "once its server no longer responds": async () => {
        const relay = startRelay(vault.server.address);
        const sdk = await vault.openSdk({ TOKEN_CONTEXT: scope, VAULT_ADDR: relay.address }, QUICK);
        await relay[Symbol.asyncDispose]();
        return sdk;
      },
    },
  });
}
