/** What judges manifests here: helm, kubectl's Kustomize, and kubeconform with strict schemas. */
import { parseAllDocuments } from "yaml";
import { fileURLToPath } from "node:url";
import { goTool, type GoToolName, installation, installGoTool } from "../support/go_tools.ts";
import { kubernetesSchemas, SCHEMA_FILES } from "./kubernetes_schemas.ts";

/** An object of Kubernetes, as far as the tests read it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  // deno-lint-ignore no-explicit-any -- its fields depend on the kind
  readonly [field: string]: any;
}

/** How a program ended, and what it printed. */
export interface Outcome {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export const CHART = "deploy/chart/tokenize-action";

Deno.chdir(fileURLToPath(new URL("../..", import.meta.url)));

/** Why the machine cannot make a program or the schemas; undefined if it can. */
export async function whyMissing(...names: GoToolName[]): Promise<string | undefined> {
  for (const name of names) {
    const tool = await installGoTool(name);
    if ("missing" in tool) return tool.missing;
  }
  if (!names.includes("kubeconform")) return undefined;
  const schemas = await installation(kubernetesSchemas);
  return "missing" in schemas ? schemas.missing : undefined;
}

/** Runs one of the installed programs. */
export async function runTool(name: GoToolName, args: readonly string[]): Promise<Outcome> {
  return await run(await goTool(name), args);
}

/** Runs a program in the project's folder. */
export async function run(program: string, args: readonly string[]): Promise<Outcome> {
  const command = new Deno.Command(program, { args: [...args], stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { success, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** What kubeconform says against manifests; nothing if they are valid. */
export async function complaints(manifests: readonly string[]): Promise<string> {
  const dir = await Deno.makeTempDir({ prefix: "tokenize-manifests-" });
  try {
    for (const [i, text] of manifests.entries()) {
      await Deno.writeTextFile(`${dir}/${i}.yaml`, text);
    }
    const schemas = `${await kubernetesSchemas()}/${SCHEMA_FILES}`;
    const args = ["-strict", "-summary", "-n", "2", "-schema-location", schemas, dir];
    const { success, stdout, stderr } = await runTool("kubeconform", args);
    return success ? "" : stdout + stderr;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** The objects in a manifest, in YAML 1.1 as Kubernetes reads it: 0440 is octal. */
export function objectsOf(manifest: string): KubernetesObject[] {
  return parseAllDocuments(manifest, { version: "1.1" })
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null);
}
