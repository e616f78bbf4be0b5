/** The receipts of runs: what they say, that others can check them, and that none can be taken away. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPublicKey } from "node:crypto";
import { crypto as sigstore, dsse } from "@sigstore/core";
import fc from "fast-check";
import { makeSigner } from "../../src/receipts/signer.ts";
import { verifyReceipts } from "../../src/receipts/verify_receipt.ts";
import { MemoryRunStore } from "../../src/runs/memory_run_store.ts";
import { newRun } from "../../src/runs/new_run.ts";
import { Receipts } from "../../src/runs/receipts.ts";
import type { RunStore } from "../../src/runs/run_store.ts";
import { DEFAULT_RUN_OPTIONS } from "../../src/run_options.ts";
import { useDatabase } from "../support/action_fixture.ts";
import { open } from "../history/histories.ts";

const URN = "urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.customers,PROD)";
const SEED = new Uint8Array(32).fill(7);
const PKCS8 = Uint8Array.from([...Uint8Array.fromHex("302e020100300506032b657004220420"), ...SEED]);

const privateKey = await crypto.subtle.importKey("pkcs8", PKCS8, "Ed25519", true, ["sign"]);
const { x } = await crypto.subtle.exportKey("jwk", privateKey);
const jwk = { kty: "OKP", crv: "Ed25519", x: x! };
const publicKey = await crypto.subtle.importKey("jwk", jwk, "Ed25519", true, ["verify"]);

function receiptsOf(store: RunStore): Receipts {
  return new Receipts({
    store,
    program: { name: "tokenize-action", version: "0", commit: "source", sha256: null },
    signer: () => makeSigner(SEED),
    tokenMaker: () => Promise.resolve({ sdk: "aes-siv", key_id: "k1" }),
  });
}

/** A run that has ended, as a store keeps it. */
async function endedRun(store: RunStore, state: "cancelled" | "interrupted"): Promise<string> {
  const runId = crypto.randomUUID();
  const trigger = { ...DEFAULT_RUN_OPTIONS, datasetUrn: URN, columns: ["email"] };
  const cause = { kind: "http", actor: "jo" } as const;
  const run = newRun({ runId, operation: "tokenize", trigger, cause });
  await store.add({ run, owner: "test" });
  await store.update(runId, ["queued"], { state, finished_at: new Date().toISOString() });
  return runId;
}

/** Receipts of so many runs, in the order of the chain. */
async function chainOf(length: number, store = new MemoryRunStore()): Promise<string[]> {
  const receipts = receiptsOf(store);
  const documents: string[] = [];
  for (let i = 0; i < length; i++) {
    documents.push((await receipts.find(await endedRun(store, "cancelled")))!.document);
  }
  return documents;
}

// deno-lint-ignore no-explicit-any -- tests look into it, and would fail if it had another shape
function statementIn(document: string): any {
  return JSON.parse(atob(JSON.parse(document).payload));
}

const faultsOf = async (texts: readonly string[]) =>
  (await verifyReceipts(texts, publicKey)).map(({ fault }) => fault);

Deno.test("a receipt is checked by another implementation of DSSE", async () => {
  const [document] = await chainOf(1);
  const { payload, payloadType, signatures: [signature] } = JSON.parse(document!);
  const signed = dsse.preAuthEncoding(payloadType, Buffer.from(payload, "base64"));
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const isValid = (sig: string) => sigstore.verify(signed, key, Buffer.from(sig, "base64"));
  assert.equal(isValid(signature.sig), true);
  assert.equal(isValid(btoa("another signature".padEnd(64))), false);
});

Deno.test("a receipt names the run, who asked, what made the tokens, and its place in the chain", async () => {
  const store = new MemoryRunStore();
  const receipts = receiptsOf(store);
  await receipts.find(await endedRun(store, "cancelled"));
  const runId = await endedRun(store, "cancelled");
  receipts.make(runId, true);
  await receipts.settled();
  const { document } = (await receipts.find(runId))!;
  const { subject, predicateType, predicate } = statementIn(document);
  assert.equal(subject[0].name, URN);
  assert.equal(predicateType, "urn:tokenize-action:run:v1");
  assert.deepEqual([predicate.run_id, predicate.state], [runId, "cancelled"]);
  assert.deepEqual(predicate.cause, { kind: "http", actor: "jo" });
  assert.deepEqual(predicate.token, { sdk: "aes-siv", key_id: "k1" });
  assert.equal(predicate.chain.sequence, 2);
  assert.match(predicate.chain.previous_sha256, /^[0-9a-f]{64}$/);
});

Deno.test("the SDK is not asked for the receipt of a run that failed", async () => {
  const store = new MemoryRunStore();
  const receipts = new Receipts({
    store,
    program: { name: "tokenize-action", version: "0", commit: "source", sha256: null },
    signer: () => Promise.resolve(undefined),
    tokenMaker: () => assert.fail("it was asked"),
  });
  const runId = await endedRun(store, "cancelled");
  receipts.make(runId, false);
  await receipts.settled();
  assert.equal(statementIn((await receipts.find(runId))!.document).predicate.token, null);
});

Deno.test("a run that has not ended has no receipt, and one whose process is gone gets one", async () => {
  const store = new MemoryRunStore();
  const receipts = receiptsOf(store);
  const runId = crypto.randomUUID();
  const trigger = { ...DEFAULT_RUN_OPTIONS, datasetUrn: URN, columns: ["email"] };
  const cause = { kind: "cli", actor: null } as const;
  const run = newRun({ runId, operation: "restore", trigger, cause });
  await store.add({ run, owner: "test" });
  assert.equal(await receipts.find(runId), undefined);
  assert.equal(await receipts.find("no such run"), undefined);
  await store.update(runId, ["queued"], { state: "interrupted" });
  const { document } = (await receipts.find(runId))!;
  assert.equal(statementIn(document).predicate.token, null, "nobody knows which key it was");
  assert.equal((await receipts.find(runId))!.document, document);
});

Deno.test("a chain is trusted in any order, and from any of its receipts on", async () => {
  const chain = await chainOf(4);
  assert.deepEqual(await faultsOf(chain.toReversed()), [
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  assert.deepEqual(await faultsOf(chain.slice(2)), [undefined, undefined]);
  assert.deepEqual(await faultsOf([chain[2]!]), [undefined]);
});

Deno.test("a missing receipt shows, and one of another chain in its place", async () => {
  const chain = await chainOf(3);
  assert.deepEqual(await faultsOf([chain[0]!, chain[2]!]), [
    undefined,
    "the receipt before it, number 2, is missing",
  ]);
  const [, other] = await chainOf(2);
  assert.deepEqual(await faultsOf([chain[0]!, other!, chain[2]!]), [
    undefined,
    "the receipt before it is another one",
    "the receipt before it is another one",
  ]);
});

Deno.test("each gap in a chain is reported once, and those after it follow each other", async () => {
  const chain = await chainOf(7);
  assert.deepEqual(await faultsOf([0, 2, 3, 5, 6].map((i) => chain[i]!)), [
    undefined,
    "the receipt before it, number 2, is missing",
    undefined,
    "the receipt before it, number 5, is missing",
    undefined,
  ]);
});

Deno.test("receipts of several histories are trusted together, and two in one place are not", async () => {
  const [first, second] = await chainOf(2);
  const [other] = await chainOf(1);
  assert.deepEqual(await faultsOf([first!, second!, other!]), [undefined, undefined, undefined]);
  assert.deepEqual(await faultsOf([first!, second!, second!]), [
    undefined,
    undefined,
    "another receipt has its place",
  ]);
});

Deno.test("any changed character of payload or signature shows", async () => {
  const [document] = await chainOf(1);
  const envelope = JSON.parse(document!);
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (inPayload, place, flip) => {
        const text = inPayload ? envelope.payload : envelope.signatures[0].sig;
        const bytes = Uint8Array.fromBase64(text);
        bytes[place % bytes.length]! ^= flip;
        const changed = inPayload ? { ...envelope, payload: bytes.toBase64() } : {
          ...envelope,
          signatures: [{ ...envelope.signatures[0], sig: bytes.toBase64() }],
        };
        assert.deepEqual(await faultsOf([JSON.stringify(changed)]), [
          "its signature is not one of this key",
        ]);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("what is not signed, or no receipt at all, is not trusted", async () => {
  const [document] = await chainOf(1);
  const unsigned = JSON.stringify({ ...JSON.parse(document!), signatures: [] });
  assert.deepEqual(await faultsOf([unsigned]), ["it is not signed"]);
  assert.deepEqual(await faultsOf(["{}"]), ["it is no envelope (DSSE)"]);
});

const database = await useDatabase();

Deno.test("two processes on one history make one chain, without a hole", async () => {
  await using first = await open(database.url);
  await using second = await open(database.url);
  const stores = [first.runs, second.runs];
  const ids = await Promise.all(
    Array.from({ length: 12 }, (_, i) => endedRun(stores[i % 2]!, "cancelled")),
  );
  const makers = stores.map(receiptsOf);
  const documents = await Promise.all(
    ids.map(async (id, i) => (await makers[i % 2]!.find(id))!.document),
  );
  const again = await Promise.all(ids.map((id, i) => makers[(i + 1) % 2]!.find(id)));
  assert.deepEqual(again.map((each) => each!.document), documents);
  const checked = await verifyReceipts(documents, publicKey);
  assert.deepEqual(
    checked.map(({ sequence, fault }) => [sequence, fault]),
    ids.map((_, i) => [i + 1, undefined]),
  );
});
