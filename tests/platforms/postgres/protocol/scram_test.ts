/** SCRAM-SHA-256 by the example of RFC 7677, and with servers that do not keep to it. */
import assert from "node:assert/strict";
import { AuthenticationFault } from "../../../../src/platforms/postgres/protocol/connection_fault.ts";
import { ScramExchange } from "../../../../src/platforms/postgres/protocol/scram.ts";

const UNBOUND = { flag: "n", data: new Uint8Array(0) };

/** RFC 7677, section 3. */
const EXAMPLE = {
  user: "user",
  password: "pencil",
  nonce: "rOprNGfwEbeRWgbNEkqO",
  first: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
  serverFirst:
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
  final: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0," +
    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
  serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
};

function exchange(): ScramExchange {
  return new ScramExchange(EXAMPLE.password, UNBOUND, EXAMPLE);
}

Deno.test("the example of RFC 7677 is reproduced", async () => {
  const scram = exchange();
  assert.equal(scram.first, EXAMPLE.first);
  assert.equal(await scram.respond(EXAMPLE.serverFirst), EXAMPLE.final);
  assert.equal(scram.isProven, false);
  scram.verify(EXAMPLE.serverFinal);
  assert.equal(scram.isProven, true);
});

Deno.test("a server that does not know the password is not believed", async () => {
  for (const final of ["v=AAAA", "v=", "e=invalid-proof", "", `x${EXAMPLE.serverFinal}`]) {
    const scram = exchange();
    await scram.respond(EXAMPLE.serverFirst);
    assert.throws(() => scram.verify(final), AuthenticationFault);
    assert.equal(scram.isProven, false);
  }
  assert.throws(() => exchange().verify(EXAMPLE.serverFinal), AuthenticationFault);
});

Deno.test("a server's first message that is not as it must be is refused", async () => {
  const nonce = EXAMPLE.nonce;
  const faults = {
    "the nonce is ours alone": `r=${nonce},s=W22Z,i=4096`,
    "the nonce is another": `r=another,s=W22Z,i=4096`,
    "no salt": `r=${nonce}more,s=,i=4096`,
    "no iterations": `r=${nonce}more,s=W22Z,i=0`,
    "more iterations than anybody uses": `r=${nonce}more,s=W22Z,i=9999999999`,
    "an extension that must be understood": `m=x,r=${nonce}more,s=W22Z,i=4096`,
    "nothing": "",
  };
  for (const [title, first] of Object.entries(faults)) {
    await assert.rejects(() => exchange().respond(first), AuthenticationFault, title);
  }
});

Deno.test("each exchange has a nonce of its own", () => {
  const first = () => new ScramExchange("pencil", UNBOUND).first;
  assert.match(first(), /^n,,n=,r=[A-Za-z0-9+/]{24}$/);
  assert.notEqual(first(), first());
});
