/** Requests to Vault, its responses, and changes of the key during a run. */
import assert from "node:assert/strict";
import { bindingOf, TOKEN_SCOPES } from "../../src/tokens/token_scope.ts";
import { toJavaScript } from "../../src/tokens/token_pattern.ts";
import { errorOf } from "../support/assertions.ts";
import { SAMPLE_VALUES } from "../tokens/detector_cases.ts";
import { NATURAL_TEXT } from "../tokens/natural_text.ts";
import { startRelay } from "./misbehaving_relay.ts";
import { openTransit, POLICY } from "../../scripts/servers/openbao/transit_fixture.ts";

const vault = await openTransit();
const { server } = vault;
Deno.test.afterAll(() => vault.close());

const place = { platform: "postgres", dataset: ["app", "public", "customers"], column: "email" };
const elsewhere = { platform: "postgres", dataset: ["app", "public", "orders"], column: "buyer" };

/** A key of its own for a test, and the SDK that uses it. */
async function openWithKey(changes = {}) {
  const key = await vault.makeKey();
  const sdk = await vault.openSdk({ VAULT_TRANSIT_KEY: key, ...changes });
  return { key, sdk, [Symbol.asyncDispose]: () => sdk.close!() };
}

function rotate(key: string): Promise<unknown> {
  return server.api("POST", `transit/keys/${key}/rotate`);
}

for (const scope of TOKEN_SCOPES) {
  Deno.test(`in scope ${scope}, tokens can be decrypted with Vault alone, given the context`, async () => {
    await using subject = await openWithKey({ TOKEN_CONTEXT: scope });
    const [token] = await subject.sdk.tokenize(["Zoë"], place);
    const context = bindingOf("tokenize-action vault-transit", scope, place).toBase64();
    const { data } = await server.api("POST", `transit/decrypt/${subject.key}`, {
      ciphertext: token,
      context,
    });
    assert.equal(new TextDecoder().decode(Uint8Array.fromBase64(data.plaintext)), "Zoë");
  });

  Deno.test(`in scope ${scope}, rewrapped tokens equal new tokens of the values`, async () => {
    await using subject = await openWithKey({ TOKEN_CONTEXT: scope });
    const values = [...SAMPLE_VALUES, ...NATURAL_TEXT];
    const old = await subject.sdk.tokenize(values, place);
    await rotate(subject.key);
    const sdk = await vault.openSdk({ VAULT_TRANSIT_KEY: subject.key, TOKEN_CONTEXT: scope });
    try {
      const renewed = await sdk.renew!(old, place);
      assert.deepEqual(renewed, await sdk.tokenize(values, place));
      assert.ok(renewed.every((token) => token?.startsWith("vault:v2:")));
      assert.deepEqual(await sdk.renew!(renewed as string[], place), renewed);
      assert.deepEqual(await sdk.detokenize!([...old, ...renewed as string[]], place), [
        ...values,
        ...values,
      ]);
    } finally {
      await sdk.close!();
    }
  });
}

Deno.test("docs/token-format.md has the context of all tokens in scope global", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/token-format.md", import.meta.url));
  const context = bindingOf("tokenize-action vault-transit", "global", place).toBase64();
  assert.ok(page.includes(`\`${context}\``));
});

Deno.test("tokens that fail authentication are neither decrypted nor rewrapped", async () => {
  await using subject = await openWithKey({ TOKEN_CONTEXT: "column" });
  const { sdk } = subject;
  const [token] = await sdk.tokenize(["Ada"], place);
  const [other] = await sdk.tokenize(["Ada"], elsewhere);
  const changed = token!.slice(0, 12) + (token![12] === "A" ? "B" : "A") + token!.slice(13);
  const newer = token!.replace(":v1:", ":v7:");
  const texts = [token!, other!, changed, newer, "Ada", `${token} `, '","context":"x'];
  const none = [null, null, null, null, null, null];
  assert.deepEqual(await sdk.detokenize!(texts, place), ["Ada", ...none]);
  assert.deepEqual(await sdk.renew!(texts, place), [token, ...none]);
  assert.deepEqual(await sdk.detokenize!([other!], place), [null]);
});

Deno.test("equal values of a batch are sent once, and requests are bounded in items and number", async () => {
  await using relay = startRelay(server.address);
  const sdk = await vault.openSdk({ VAULT_ADDR: relay.address }, { itemsPerRequest: 50 });
  try {
    const before = relay.requests.length;
    const values = Array.from({ length: 2_400 }, (_, i) => `value ${i % 800}`);
    const tokens = await sdk.tokenize(values, place);
    assert.deepEqual(tokens.slice(0, 800), tokens.slice(1_600));
    const items = relay.requests.slice(before).map(({ body }) => JSON.parse(body).batch_input);
    assert.deepEqual(items.map(({ length }) => length), Array(16).fill(50));
    assert.equal(new Set(items.flat().map(({ plaintext }) => plaintext)).size, 800);
    await Promise.all(Array.from({ length: 10 }, () => sdk.tokenize(values, place)));
    assert.ok(relay.mostAtOnce <= 4, `${relay.mostAtOnce} requests at once`);
    assert.ok(relay.mostAtOnce > 1);
  } finally {
    await sdk.close!();
  }
});

Deno.test("requests are bounded in bytes, and a large value is sent alone", async () => {
  await using relay = startRelay(server.address);
  const sdk = await vault.openSdk({ VAULT_ADDR: relay.address }, { bytesPerRequest: 10_000 });
  try {
    const before = relay.requests.length;
    const values = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(i === 7 ? 30_000 : 1_000));
    const tokens = await sdk.tokenize(values, place);
    assert.deepEqual(await sdk.detokenize!(tokens, place), values);
    for (const { body } of relay.requests.slice(before)) {
      assert.ok(body.length <= 11_000 || JSON.parse(body).batch_input.length === 1);
    }
  } finally {
    await sdk.close!();
  }
});

Deno.test("a request that is too large for the server is split in half", async () => {
  await using relay = startRelay(server.address);
  const sdk = await vault.openSdk({ VAULT_ADDR: relay.address }, { itemsPerRequest: 2_000 });
  try {
    const values = Array.from({ length: 1_000 }, (_, i) => `value ${i}`);
    const tokens = await sdk.tokenize(values, place);
    const whole = await vault.openSdk();
    assert.deepEqual(await whole.tokenize(values, place), tokens);
    await whole.close!();
    const huge = "x".repeat(26 * 1024 * 1024);
    const error = await errorOf(Promise.resolve(sdk.tokenize(["Ada", huge], place)));
    assert.equal(error.code, "token_sdk_error");
    assert.equal(
      error.message,
      "Cannot use Vault: a value is larger than it accepts in one request",
    );
  } finally {
    await sdk.close!();
  }
});

Deno.test("values are only in bodies, never in a path or header", async () => {
  await using relay = startRelay(server.address);
  const sdk = await vault.openSdk({ VAULT_ADDR: relay.address, TOKEN_CONTEXT: "column" });
  const tokens = await sdk.tokenize(["canary-value"], place);
  await sdk.detokenize!(tokens, place);
  await sdk.renew!(tokens, place);
  await sdk.close!();
  const outside = relay.requests.map(({ path, headers }) => JSON.stringify([path, [...headers]]));
  assert.ok(outside.length >= 5);
  for (const each of outside) assert.doesNotMatch(each, /canary|Y2FuYXJ5|customers|email/);
  assert.ok(relay.requests.every(({ headers }) => headers.get("x-vault-request") === "true"));
});

Deno.test("a key version that is created during a run is first used by the next run", async () => {
  await using subject = await openWithKey();
  const { sdk } = subject;
  const values = Array.from({ length: 500 }, (_, i) => `value ${i}`);
  const before = await sdk.tokenize(values, place);
  await rotate(subject.key);
  assert.deepEqual(await sdk.tokenize(values, place), before);
  assert.deepEqual(await sdk.renew!(before, place), before);
  assert.ok(toJavaScript(sdk.current!).test(before[0]!));

  const later = await vault.openSdk({ VAULT_TRANSIT_KEY: subject.key }, { idleMs: 0 });
  try {
    await rotate(subject.key);
    await later.prepare!();
    const [token] = await later.tokenize(["value 0"], place);
    assert.match(token!, /^vault:v3:/);
    assert.ok(toJavaScript(later.current!).test(token!));
    assert.ok(!toJavaScript(later.current!).test(before[0]!));
    assert.ok(toJavaScript(later.pattern).test(before[0]!));
  } finally {
    await later.close!();
  }
});

Deno.test("a run that starts during another one uses the same key version", async () => {
  await using subject = await openWithKey();
  await rotate(subject.key);
  await subject.sdk.prepare!();
  assert.match((await subject.sdk.tokenize(["Ada"], place))[0]!, /^vault:v1:/);
});

Deno.test("a key version that may no longer encrypt fails the run, and the next run continues", async () => {
  await using subject = await openWithKey();
  const { sdk, key } = subject;
  await rotate(key);
  await server.api("POST", `transit/keys/${key}/config`, { min_encryption_version: 2 });
  const error = await errorOf(Promise.resolve(sdk.tokenize(["Ada"], place)));
  assert.equal(error.code, "token_sdk_error");
  assert.match(error.message, /^Cannot use Vault: it no longer encrypts with version 1 of the key/);
  await sdk.prepare!();
  assert.match((await sdk.tokenize(["Ada"], place))[0]!, /^vault:v2:/);
});

const TYPES = ["aes128-gcm96", "aes256-gcm96", "chacha20-poly1305", "xchacha20-poly1305"];
for (const type of TYPES) {
  Deno.test(`a key of type ${type} makes tokens of the predicted length`, async () => {
    const key = await vault.makeKey({ type, derived: true, convergent_encryption: true });
    const sdk = await vault.openSdk({ VAULT_TRANSIT_KEY: key });
    try {
      for (const value of ["", "a", "ab", "abc", "é".repeat(100)]) {
        const [token] = await sdk.tokenize([value], place);
        const bytes = new TextEncoder().encode(value).length;
        assert.equal(token!.length, sdk.maxTokenLength(bytes));
        assert.ok(sdk.maxValueBytes!(token!.length) >= bytes);
        assert.ok(sdk.maxValueBytes!(token!.length) < bytes + 3);
        assert.match(token!, toJavaScript(sdk.pattern));
        assert.deepEqual(await sdk.detokenize!([token!], place), [value]);
      }
    } finally {
      await sdk.close!();
    }
  });
}

const UNFIT = {
  "is not convergent": { type: "aes256-gcm96", derived: true },
  "is neither derived nor convergent": { type: "aes256-gcm96" },
  "is for signatures": { type: "ed25519" },
  "is an RSA key": { type: "rsa-2048" },
};
const MAY_NOT_LOOK = 'path "transit/encrypt/+" { capabilities = ["update"] }';

for (const [title, options] of Object.entries(UNFIT)) {
  for (const look of ["", ", even if the policy hides its type"]) {
    Deno.test(`a key that ${title} is refused${look}`, async () => {
      const VAULT_TRANSIT_KEY = await vault.makeKey(options);
      const VAULT_TOKEN = await vault.makeToken(look === "" ? POLICY : MAY_NOT_LOOK);
      const error = await errorOf(vault.openSdk({ VAULT_TRANSIT_KEY, VAULT_TOKEN }));
      assert.equal(error.code, "token_sdk_error");
      assert.equal(
        error.message,
        `Cannot use Vault: the key "${VAULT_TRANSIT_KEY}" does not give equal values equal ` +
          "tokens: create the key with derived=true and convergent_encryption=true",
      );
    });
  }
}

Deno.test("a policy that only allows encryption is enough to tokenize", async () => {
  const VAULT_TOKEN = await vault.makeToken(MAY_NOT_LOOK);
  const sdk = await vault.openSdk({ VAULT_TOKEN });
  try {
    const tokens = await sdk.tokenize(["Ada"], place);
    const error = await errorOf(Promise.resolve(sdk.detokenize!(tokens, place)));
    const key = vault.variables().VAULT_TRANSIT_KEY;
    assert.equal(error.code, "token_sdk_error");
    assert.equal(
      error.message,
      `Cannot use Vault: its policies do not allow "update" on transit/decrypt/${key}`,
    );
  } finally {
    await sdk.close!();
  }
});

const MAY_CREATE = 'path "transit/*" { capabilities = ["create", "read", "update"] }';
for (
  const [who, policy] of [["may create keys", MAY_CREATE], ["may not create keys", POLICY], [
    "may create keys but not read them",
    'path "transit/encrypt/+" { capabilities = ["create", "update"] }',
  ]] as const
) {
  Deno.test(`a missing key is never created, with a token that ${who}`, async () => {
    const VAULT_TOKEN = await vault.makeToken(policy);
    const VAULT_TRANSIT_KEY = `missing-${crypto.randomUUID()}`;
    const error = await errorOf(vault.openSdk({ VAULT_TOKEN, VAULT_TRANSIT_KEY }));
    assert.equal(error.code, "token_sdk_error");
    assert.match(
      error.message,
      who.includes("not read") ? /refuses to encrypt/ : /there is no key/,
    );
    await assert.rejects(server.api("GET", `transit/keys/${VAULT_TRANSIT_KEY}`), /: 404 /);
  });

  Deno.test(`a key that is deleted during use is not created again, with a token that ${who}`, async () => {
    const VAULT_TOKEN = await vault.makeToken(policy);
    await using subject = await openWithKey({ VAULT_TOKEN });
    const { key, sdk } = subject;
    await sdk.tokenize(["Ada"], place);
    await server.api("POST", `transit/keys/${key}/config`, { deletion_allowed: true });
    await server.api("DELETE", `transit/keys/${key}`);
    const error = await errorOf(Promise.resolve(sdk.tokenize(["Bob"], place)));
    assert.equal(error.code, "token_sdk_error");
    await assert.rejects(server.api("GET", `transit/keys/${key}`), /: 404 /);
    if (!who.includes("not read")) assert.match(error.message, /there is no key/);
    await errorOf(Promise.resolve(sdk.prepare!()));
  });
}

Deno.test("a missing engine or namespace is distinguished from a missing key", async () => {
  await server.api("POST", "sys/namespaces/team", {});
  const key = vault.variables().VAULT_TRANSIT_KEY;
  const nothing = `there is no key "${key}" in a Transit engine at`;
  const root = { VAULT_TOKEN: server.rootToken };
  const cases = [
    [{ VAULT_TRANSIT_MOUNT: "elsewhere", ...root }, `${nothing} "elsewhere" in this namespace`],
    [{ VAULT_NAMESPACE: "team", ...root }, `${nothing} "transit" in this namespace`],
    [{ VAULT_NAMESPACE: "nowhere", ...root }, `${nothing} "transit" in this namespace`],
  ] as const;
  for (const [changes, reason] of cases) {
    const error = await errorOf(vault.openSdk(changes));
    assert.equal(error.code, "token_sdk_error");
    assert.equal(error.message, `Cannot use Vault: ${reason}`);
  }
});

Deno.test("a namespace is sent in its header", async () => {
  const namespace = "team-of-this-test";
  await server.api("POST", `sys/namespaces/${namespace}`, {});
  await server.api("POST", "sys/mounts/transit", { type: "transit" }, { namespace });
  const key = { type: "aes256-gcm96", derived: true, convergent_encryption: true };
  await server.api("POST", "transit/keys/pii", key, { namespace });
  const changes = { VAULT_NAMESPACE: namespace, VAULT_TRANSIT_KEY: "pii" };
  const sdk = await vault.openSdk({ ...changes, VAULT_TOKEN: server.rootToken });
  assert.match((await sdk.tokenize(["Ada"], place))[0]!, /^vault:v1:/);
  await sdk.close!();
});
