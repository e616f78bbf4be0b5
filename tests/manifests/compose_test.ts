/** compose.yaml: what Compose's own loader makes of it, and, where Docker runs, whether it works. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { ENVIRONMENT_NAMES } from "../../src/environment_names.ts";
import { freePort } from "../../scripts/servers/free_port.ts";
import { ROOT, shellBlocks } from "../first_hour/first_hour.ts";
import { whyNoDocker } from "../support/docker.ts";
import { testUnless } from "../support/skipping.ts";
import { whyNoTerminal } from "../support/terminal.ts";
import { openTypedShell } from "../support/typed_shell.ts";
import { run, runTool, whyMissing } from "./judges.ts";

interface Service {
  readonly image: string;
  readonly user: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly networks?: Readonly<Record<string, unknown>>;
  readonly ports?: readonly { readonly host_ip?: string; readonly target: number }[];
  readonly volumes: readonly { readonly type: string; readonly source: string }[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly read_only?: boolean;
}
interface Project {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
}

const FILE = "compose.yaml";

const missing = await whyMissing("compose-spec");
const text = await Deno.readTextFile(FILE);
const project = missing === undefined ? await load(FILE) : undefined;

async function load(file: string): Promise<Project> {
  const { success, stdout, stderr } = await runTool("compose-spec", ["-format", "json", file]);
  assert.ok(success, stderr);
  return JSON.parse(stdout) as Project;
}

async function whyNoCompose(): Promise<string | undefined> {
  const { success } = await run("docker", ["compose", "version"]);
  return success ? undefined : "docker has no compose";
}

testUnless(missing, "Compose's loader accepts compose.yaml", () => {
  assert.deepEqual(Object.keys(project!.services).sort(), ["postgres", "setup", "tokenize-action"]);
});

testUnless(missing, "Compose's loader would refuse a key that it does not know", async () => {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(file, text.replace("healthcheck:", "healthchecks:"));
    const { success, stderr } = await runTool("compose-spec", [file]);
    assert.equal(success, false);
    assert.match(stderr, /healthchecks/);
  } finally {
    await Deno.remove(file);
  }
});

testUnless(missing, "the action is confined, and only this machine reaches it", () => {
  const action = project!.services["tokenize-action"]!;
  assert.equal(action.user, "65532:65532");
  assert.equal(action.read_only, true);
  assert.deepEqual(action.ports!.map(({ host_ip, target }) => [host_ip, target]), [[
    "127.0.0.1",
    8080,
  ]]);
  for (const { cap_drop, security_opt } of Object.values(project!.services)) {
    assert.deepEqual(cap_drop, ["ALL"]);
    assert.deepEqual(security_opt, ["no-new-privileges:true"]);
  }
  for (const name of Object.keys(action.environment!)) {
    assert.ok(ENVIRONMENT_NAMES.includes(name), name);
  }
});

testUnless(
  missing,
  "Postgres is in a network with no way out, and has health checks as the action has",
  () => {
    const { postgres } = project!.services;
    assert.deepEqual(Object.keys(postgres!.networks!), ["database"]);
    assert.equal(postgres!.ports, undefined);
    assert.equal(project!.networks.database!.internal, true);
    for (const name of ["postgres", "tokenize-action"]) {
      assert.equal(project!.services[name]!.healthcheck!.test[0], "CMD");
    }
  },
);

Deno.test("no password is in compose.yaml: each is in a volume of the one service that needs it", () => {
  assert.doesNotMatch(text, /(?:PASSWORD|TOKEN|CONN_STR): /);
  for (const [, name, path] of text.matchAll(/^ +(\w+_FILE): (\S+)$/gm)) {
    assert.match(path!, /^\/run\/(?:tokenize|postgres-secrets)\//, name);
  }
});

Deno.test("every file that compose.yaml mounts exists, and every image has a tag", async () => {
  for (const [, path] of text.matchAll(/^ +- (\.\/\S+?):/gm)) {
    assert.ok((await Deno.stat(path!)).isFile);
  }
  for (const [, image] of text.matchAll(/^ +image: (\S+)$/gm)) {
    assert.match(image!, /:(?!latest$)[\w.-]+$/);
  }
});

testUnless(
  whyNoTerminal ?? await whyNoDocker() ?? await whyNoCompose(),
  "Docker Compose's quick start does what docs/deployment.md says, as it stands",
  async () => {
    const [commands, ...more] = await shellBlocks("docs/deployment.md", "Docker Compose");
    assert.deepEqual(more, []);
    await using _project = {
      async [Symbol.asyncDispose]() {
        await run("docker", ["compose", "-p", "tokenize-test", "down", "--volumes"]);
      },
    };
    await using shell = await openTypedShell(fileURLToPath(ROOT), {
      ...Deno.env.toObject(),
      COMPOSE_PROJECT_NAME: "tokenize-test",
      TOKENIZE_PORT: String(freePort()),
    });
    let screen = "";
    // one after the other: "docker compose exec" reads what is typed ahead
    for (const command of commands!.trim().split("\n")) {
      const typed = await shell.typeOne(command, 30 * 60_000);
      assert.equal(typed.code, 0, typed.screen);
      screen += typed.screen;
    }
    assert.match(screen, /^updated +100 rows$/m);
    assert.match(screen, /\btok_\S+_poc\b/);
    assert.match(screen, /"event":"run_finished"/);
    assert.match(screen, /Volume \S+ +Removed/);
  },
);
