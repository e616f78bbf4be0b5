/**
 * Vault fails in the middle of a run on Postgres: the run has the right code and writes nothing, and
 * running it again completes. If Vault recovers in time, the run succeeds.
 */
import assert from "node:assert/strict";
import type { ErrorCode } from "../../src/errors.ts";
import type { TokenSdk } from "../../src/tokens/token_sdk.ts";
import { VAULT_LIMITS, type VaultLimits } from "../../src/tokens/vault/limits.ts";
import { assertReport, errorOf } from "../support/assertions.ts";
import { useDatabase } from "../support/action_fixture.ts";
import { type MisbehavingRelay, type SeenRequest, startRelay } from "./misbehaving_relay.ts";
import {
  type Changes,
  openTransit,
  POLICY,
  QUICK,
} from "../../scripts/servers/openbao/transit_fixture.ts";

const ROWS = 2_500;
/** How many requests to encrypt are passed on before the trouble begins: about the first batch. */
const GOOD_REQUESTS = 5;

const vault = await openTransit({ durable: true });
const { server } = vault;
const database = await useDatabase();
const { sql, openAction, assertUnchanged } = database;
Deno.test.afterAll(() => vault.close());
await server.api("POST", "sys/auth/approle", { type: "approle" });

/** A table, a relay and an SDK behind it. */
interface Scene extends AsyncDisposable {
  readonly table: string;
  readonly relay: MisbehavingRelay;
  readonly sdk: TokenSdk;
  /** Calls `trouble` for each request to encrypt after the good ones. */
  later(trouble: (request: SeenRequest, count: number) => ReturnType<Trouble>): void;
  run(): Promise<{ readonly updated: number; readonly skipped: number }>;
  fails(code: ErrorCode): Promise<string>;
}

type Trouble = Parameters<MisbehavingRelay["misbehave"]>[0];

let scenes = 0;

async function openScene(
  changes: Changes = {},
  limits: Partial<VaultLimits> = QUICK,
): Promise<Scene> {
  const table = `scene_${++scenes}`;
  await sql.unsafe(`create table ${table} as select i as id,
    'canary' || i || '@example.com' as email, null::text as phone from generate_series(1, ${ROWS}) i`);
  const relay = startRelay(server.address);
  const sdk = await vault.openSdk({ VAULT_ADDR: relay.address, ...changes }, limits);
  const action = openAction({ tokenSdk: sdk });
  return {
    table,
    relay,
    sdk,
    later(trouble) {
      let count = 0;
      relay.misbehave((request) => {
        if (!request.path.includes("/encrypt/") || ++count <= GOOD_REQUESTS) return undefined;
        return trouble(request, count - GOOD_REQUESTS);
      });
    },
    run: () => action.tokenize(`public.${table}`, ["email", "phone"]),
    fails: async (code) =>
      (await action.fails(code, `public.${table}`, ["email", "phone"])).message,
    async [Symbol.asyncDispose]() {
      await action[Symbol.asyncDispose]();
      await sdk.close!();
      await relay[Symbol.asyncDispose]();
      await sql.unsafe(`drop table ${table}`);
    },
  };
}

/** All rows were tokenized once, and their tokens decrypt to the values. */
async function isComplete({ table, sdk }: Scene): Promise<void> {
  const rows = await sql.unsafe<{ id: number; email: string }[]>(
    `select id, email from ${table} order by id`,
  );
  const place = {
    platform: "postgres",
    dataset: [database.name, "public", `${table}`],
    column: "email",
  };
  const values = await sdk.detokenize!(rows.map(({ email }) => email), place);
  assert.deepEqual(values, rows.map(({ id }) => `canary${id}@example.com`));
}

/** The run fails and writes nothing; after `heal`, running it again completes. */
async function failsAtomically(
  scene: Scene,
  code: ErrorCode,
  message: RegExp,
  heal: () => unknown,
): Promise<void> {
  const said = await assertUnchanged(scene.table, () => scene.fails(code));
  assert.match(said, message);
  scene.relay.behave();
  await heal();
  await scene.sdk.prepare!();
  const { updated, skipped } = await scene.run();
  assert.deepEqual([updated, skipped], [ROWS, 0]);
  await isComplete(scene);
  const again = await scene.run();
  assertReport(again, { updated: 0, skipped: ROWS });
}

Deno.test("Vault is sealed during a run, which fails", async () => {
  await using scene = await openScene();
  let sealing: Promise<void> | undefined;
  scene.later(async () => void await (sealing ??= server.seal()));
  const heal = () => server.unseal();
  await failsAtomically(scene, "token_sdk_unreachable", /^Cannot use Vault: it is sealed$/, heal);
});

Deno.test("Vault is sealed before a run: the error says so when the SDK is created", async () => {
  await server.seal();
  try {
    const error = await errorOf(vault.openSdk({}, QUICK));
    assert.equal(error.code, "token_sdk_unreachable");
    assert.equal(error.message, "Cannot use Vault: it is sealed");
  } finally {
    await server.unseal();
  }
});

Deno.test("Vault stops during a run, which fails", async () => {
  await using scene = await openScene();
  let stopping: Promise<void> | undefined;
  scene.later(async () => void await (stopping ??= server.stop()));
  const reason = /^Cannot use Vault: (the connection failed|it does not respond in time)$/;
  await failsAtomically(scene, "token_sdk_unreachable", reason, async () => {
    await server.start();
    await server.unseal();
  });
});

Deno.test("Vault is not running when the SDK is created: the error says so", async () => {
  await using scene = await openScene();
  await server.stop();
  try {
    const error = await errorOf(vault.openSdk({}, QUICK));
    assert.equal(error.code, "token_sdk_unreachable");
    assert.equal(error.message, "Cannot use Vault: the connection is refused");
  } finally {
    await server.start();
    await server.unseal();
  }
  assert.equal((await scene.run()).updated, ROWS);
});

Deno.test("Vault restarts during a run, which waits for it and succeeds", async () => {
  await using scene = await openScene({}, { totalMs: VAULT_LIMITS.totalMs });
  let restarting: Promise<void> | undefined;
  scene.later(() => {
    if (restarting === undefined) restarting = server.restart();
    return undefined; // passed on to a server that is gone, sealed or without a leader
  });
  assert.equal((await scene.run()).updated, ROWS);
  await restarting;
  await isComplete(scene);
});

Deno.test("Vault is slow, and the run takes as long and succeeds", async () => {
  await using scene = await openScene();
  scene.later(() => ({ delayMs: 30 }));
  assert.equal((await scene.run()).updated, ROWS);
  await isComplete(scene);
});

Deno.test("Vault no longer responds, and the run fails after a timeout", async () => {
  await using scene = await openScene({}, { ...QUICK, attemptMs: 200 });
  scene.later(() => "silence");
  const reason = /^Cannot use Vault: it does not respond in time$/;
  await failsAtomically(scene, "token_sdk_unreachable", reason, () => {});
});

const PASSING = {
  "status 500": { answer: 500 },
  "status 502, with HTML": { answer: 502, json: "<html>canary</html>" },
  "status 503, for lack of a leader": { answer: 503, json: { errors: ["local node not active"] } },
  "status 412": { answer: 412 },
  "a cut connection": "cut",
} as const;

for (const [title, misbehaviour] of Object.entries(PASSING)) {
  Deno.test(`requests to which Vault responds with ${title} are sent again`, async () => {
    await using scene = await openScene({}, { backoff: { firstMs: 5, maxMs: 20 } });
    scene.later((_, count) => count <= 6 ? misbehaviour : undefined);
    assert.equal((await scene.run()).updated, ROWS);
    await isComplete(scene);
  });
}

Deno.test("Vault responds to everything with status 500, and the run fails", async () => {
  await using scene = await openScene();
  scene.later(() => ({ answer: 500, json: { errors: ["canary"] } }));
  const reason = /^Cannot use Vault: it responds with HTTP status 500$/;
  await failsAtomically(scene, "token_sdk_unreachable", reason, () => {});
});

Deno.test("Vault cuts every connection, and the run fails", async () => {
  await using scene = await openScene();
  scene.later(() => "cut");
  const reason = /^Cannot use Vault: the connection failed$/;
  await failsAtomically(scene, "token_sdk_unreachable", reason, () => {});
});

Deno.test("after a 429 response, Vault is not called again before the time that it names", async () => {
  await using scene = await openScene({}, { backoff: { firstMs: 1, maxMs: 2 }, requests: 1 });
  const limited: number[] = [];
  const sent = new Map<string, number[]>();
  scene.later(({ body, atMs }, count) => {
    sent.set(body, [...sent.get(body) ?? [], atMs]);
    if (count > 2) return undefined;
    limited.push(atMs);
    return { answer: 429, headers: { "retry-after": "1" } };
  });
  assert.equal((await scene.run()).updated, ROWS);
  assert.equal(limited.length, 2);
  const [first, second, third] = [...sent.values()][0]!;
  for (const waitedMs of [second! - first!, third! - second!]) assert.ok(waitedMs >= 999);
  await isComplete(scene);
});

Deno.test("a 429 response that asks for too long a wait fails the run, and the caller gets its Retry-After", async () => {
  await using scene = await openScene();
  scene.later(() => ({ answer: 429, headers: { "retry-after": "120" } }));
  const reason = /^Cannot use Vault: there are too many requests$/;
  await failsAtomically(scene, "token_sdk_unreachable", reason, () => {});
  scene.relay.misbehave(() => ({ answer: 429, headers: { "retry-after": "120" } }));
  const error = await errorOf(
    Promise.resolve(
      scene.sdk.tokenize(["Ada"], { platform: "postgres", dataset: ["d"], column: "c" }),
    ),
  );
  assert.equal(error.facts.retryAfterSeconds, 120);
});

Deno.test("a rate limit of Vault slows a run down, and does not fail it", async () => {
  await using scene = await openScene({}, { itemsPerRequest: 100 });
  const path = "sys/quotas/rate-limit/transit";
  await server.api("POST", path, { path: "transit", rate: 10, interval: "1s" });
  try {
    assert.equal((await scene.run()).updated, ROWS);
    assert.ok(scene.relay.statuses.includes(429), "the limit was not met");
    await isComplete(scene);
  } finally {
    await server.api("DELETE", path);
  }
});

Deno.test("the token is revoked during a run, which fails", async () => {
  const VAULT_TOKEN = await vault.makeToken(POLICY);
  await using scene = await openScene({ VAULT_TOKEN });
  let revoking: Promise<unknown> | undefined;
  scene.later(async () => {
    revoking ??= server.api("POST", "auth/token/revoke", { token: VAULT_TOKEN });
    await revoking;
  });
  const said = await assertUnchanged(scene.table, () => scene.fails("token_sdk_error"));
  assert.match(said, /^Cannot use Vault: VAULT_TOKEN expired or was revoked/);
  assert.ok(!said.includes(VAULT_TOKEN));
  const sdk = await vault.openSdk();
  await using action = openAction({ tokenSdk: sdk });
  const report = await action.tokenize(`public.${scene.table}`, ["email", "phone"]);
  assertReport(report, { updated: ROWS, skipped: 0 });
  await isComplete({ ...scene, sdk });
  await sdk.close!();
});

Deno.test("the token of AppRole is revoked during a run, which logs in again", async () => {
  const policy = await vault.makePolicy(POLICY);
  await server.api("POST", "auth/approle/role/run", { token_policies: [policy] });
  const roleId = (await server.api("GET", "auth/approle/role/run/role-id")).data.role_id;
  const secret = await server.api("POST", "auth/approle/role/run/secret-id", {});
  await using scene = await openScene({
    VAULT_TOKEN: undefined,
    VAULT_ROLE_ID: roleId,
    VAULT_SECRET_ID: secret.data.secret_id,
  });
  let revoking: Promise<unknown> | undefined;
  scene.later(async ({ headers }) => {
    const token = headers.get("x-vault-token");
    revoking ??= server.api("POST", "auth/token/revoke", { token });
    await revoking;
  });
  assert.equal((await scene.run()).updated, ROWS);
  await isComplete(scene);
  const logins = scene.relay.requests.filter(({ path }) => path.endsWith("/login"));
  assert.equal(logins.length, 2);
});

Deno.test("the key is deleted during a run, which fails", async () => {
  const key = await vault.makeKey();
  const VAULT_TOKEN = await vault.makeToken(
    'path "transit/*" { capabilities = ["create", "read", "update"] }',
  );
  await using scene = await openScene({ VAULT_TRANSIT_KEY: key, VAULT_TOKEN });
  await server.api("POST", `transit/keys/${key}/config`, { deletion_allowed: true });
  let deleting: Promise<unknown> | undefined;
  scene.later(async () => void await (deleting ??= server.api("DELETE", `transit/keys/${key}`)));
  const reason = new RegExp(`^Cannot use Vault: there is no key "${key}" in a Transit engine`);
  await failsAtomically(scene, "token_sdk_error", reason, async () => {
    await assert.rejects(server.api("GET", `transit/keys/${key}`), /: 404 /);
    const options = { type: "aes256-gcm96", derived: true, convergent_encryption: true };
    await server.api("POST", `transit/keys/${key}`, options);
  });
});

Deno.test("a redirect of Vault to another host is not followed", async () => {
  await using elsewhere = startRelay(server.address);
  await using scene = await openScene();
  scene.later(({ path }) => ({ answer: 307, headers: { location: elsewhere.address + path } }));
  const reason = /^Cannot use Vault: it redirects to another server, which is not followed/;
  await failsAtomically(scene, "token_sdk_error", reason, () => {});
  assert.equal(elsewhere.requests.length, 0);
});

const NONSENSE = {
  "nothing": {},
  "no results": { data: { batch_results: [] } },
  "a list": [1, 2, 3],
  "a text": "canary",
} as const;

for (const [title, json] of Object.entries(NONSENSE)) {
  Deno.test(`the run fails if Vault responds to a batch with ${title}`, async () => {
    await using scene = await openScene();
    scene.later(() => ({ answer: 200, json }));
    await failsAtomically(scene, "token_sdk_error", /^Cannot use Vault: it refuses to/, () => {});
  });
}

Deno.test("the run fails if Vault returns no tokens, or the values themselves", async () => {
  await using scene = await openScene();
  scene.later(({ body }) => {
    const results = JSON.parse(body).batch_input.map(({ plaintext }: { plaintext: string }) => ({
      ciphertext: plaintext,
    }));
    return { answer: 200, json: { data: { batch_results: results } } };
  });
  await failsAtomically(
    scene,
    "token_sdk_error",
    /did not return exactly one valid token per value/,
    () => {},
  );
});
