/** Everything that is downloaded is pinned: by version, checksum, or an image tag. */
import assert from "node:assert/strict";

const read = (path: string) => Deno.readTextFile(new URL(`../../${path}`, import.meta.url));

Deno.test("packages have exact versions, and the lock is frozen", async () => {
  const { imports, lock } = JSON.parse(await read("deno.json"));
  assert.deepEqual(lock, { frozen: true });
  for (const [name, specifier] of Object.entries(imports)) {
    assert.match(String(specifier), /^npm:(?:@[\w-]+\/)?[\w.-]+@\d+\.\d+\.\d+$/, name);
  }
});

Deno.test("the lock has a checksum of every package", async () => {
  const { npm } = JSON.parse(await read("deno.lock"));
  assert.ok(Object.keys(npm).length > 50);
  for (const [name, { integrity }] of Object.entries<{ integrity?: string }>(npm)) {
    assert.match(integrity ?? "", /^sha512-[A-Za-z0-9+/]{86}==$/, name);
  }
});

Deno.test("Python packages of the tests have exact versions and checksums", async () => {
  const lines = (await read("tests/fuzz/requirements.txt")).replaceAll("\\\n", " ").split("\n")
    .filter((line) => line.trim() !== "" && !line.trimStart().startsWith("#"));
  assert.ok(lines.length > 5);
  for (const line of lines) assert.match(line, /^\S+==\S+.*--hash=sha256:[0-9a-f]{64}/);
});

Deno.test("the build takes the packages of the lock, and both base images can be given by digest", async () => {
  const dockerfile = await read("Dockerfile");
  assert.match(dockerfile, /only_build_packages\.ts\n/); // it compares them with the lock
  const bases = [...dockerfile.matchAll(/^FROM (?:--platform=\S+ )?(\S+)/gm)].map(([, image]) =>
    image
  );
  assert.deepEqual(bases, ["${DENO_IMAGE}", "${RUNTIME_IMAGE}"]);
  const script = await read("scripts/cluster/image.sh");
  for (const name of ["DENO_IMAGE", "RUNTIME_IMAGE"]) {
    assert.match(dockerfile, new RegExp(`^ARG ${name}=\\S+:\\S+$`, "m"));
    assert.ok(script.includes(`--build-arg "${name}=$${name}"`));
  }
});

Deno.test("every image has a tag, and none is latest", async () => {
  const image = /^(?:\s*image: |ARG \w+_IMAGE=)(\S+)$/gm;
  const files = [
    "Dockerfile",
    "deploy/action/deployment.yaml",
    "deploy/postgres/stateful_set.yaml",
    "compose.yaml",
  ];
  const texts = await Promise.all(files.map(read));
  const names = texts.flatMap((text) => Array.from(text.matchAll(image), ([, name]) => name!));
  assert.ok(names.length >= 4);
  for (const name of names) assert.match(name, /:(?!latest$)[\w.-]+$/);
});
