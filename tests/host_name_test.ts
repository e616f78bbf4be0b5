/** Hosts: which names are valid, how they are written with a port, and which are this machine. */
import assert from "node:assert/strict";
import { isHost, isLoopback, toAuthority, withoutBrackets } from "../src/host_name.ts";

Deno.test("a host is one name or address, and never a pattern", () => {
  const good = ["localhost", "db", "my_db", "db-1.internal", "db.internal.", "10.0.0.1", "::1"];
  const bad = [
    "",
    "*",
    "*.internal",
    "a b",
    "a/b",
    "a@b",
    "a..b",
    ".a",
    "ä",
    "[::1]",
    ":",
    "::1%eth0",
  ];
  for (const host of good) assert.ok(isHost(host), host);
  for (const host of bad) assert.ok(!isHost(host), host);
});

Deno.test("only an IPv6 address is put in brackets before a port", () => {
  assert.equal(toAuthority("db.internal", 5432), "db.internal:5432");
  assert.equal(toAuthority("10.0.0.1", 80), "10.0.0.1:80");
  assert.equal(toAuthority("::1", 80), "[::1]:80");
  assert.equal(toAuthority("[::1]", 80), "[::1]:80");
  assert.equal(withoutBrackets("[fe80::1]"), "fe80::1");
  assert.equal(withoutBrackets("db"), "db");
});

Deno.test("loopback is recognised in every spelling", () => {
  const loopback = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "127.0.0.1",
    "127.255.3.4",
    "127.1",
    "::1",
    "[::1]",
    "0:0:0:0:0:0:0:1",
  ];
  const others = [
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "127.example.com",
    "127.0.0.1.example.com",
    "127.999.0.1",
    "localhost.example.com",
    "notlocalhost",
    "127.0.0.1@example.com",
    "::2",
    "",
    "*",
  ];
  for (const host of loopback) assert.ok(isLoopback(host), host);
  for (const host of others) assert.ok(!isLoopback(host), host);
});
