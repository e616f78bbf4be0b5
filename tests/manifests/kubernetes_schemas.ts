/**
 * JSON Schemas of Kubernetes objects, in the form that kubeconform reads, made of what the projects
 * publish as Go modules: Kubernetes's own OpenAPI document, the Gateway API's definitions, and those
 * that controller-gen makes of the Prometheus operator's types.
 *
 * They are strict: an unknown field is an error, as it is to the API server with strict validation.
 */
import { parse } from "yaml";
import { fileURLToPath } from "node:url";
import { go, goModule, goTool, KUBERNETES_VERSION } from "../support/go_tools.ts";

const GATEWAY_API = { module: "sigs.k8s.io/gateway-api", version: "1.4.1" };
const PROMETHEUS_OPERATOR = {
  module: "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring",
  version: "0.93.1",
};

/** The names of the files, for kubeconform. */
export const SCHEMA_FILES = "{{ .ResourceKind }}{{ .KindSuffix }}.json";

/** A node of a schema: an object with more of the kind, a list of them, or a leaf. */
type Node = { [key: string]: Node } | Node[] | string | number | boolean | null;
type ObjectNode = { [key: string]: Node };

const tools = fileURLToPath(new URL("../../.tools/", import.meta.url));

/** The folder with the schemas, made if it is not there. */
export async function kubernetesSchemas(): Promise<string> {
  const versions = [KUBERNETES_VERSION, GATEWAY_API.version, PROMETHEUS_OPERATOR.version];
  const folder = `${tools}kubernetes-schemas-${versions.join("-")}`;
  if (await Deno.stat(folder).then(() => true, () => false)) return folder;
  await Deno.mkdir(tools, { recursive: true });
  const work = await Deno.makeTempDir({ dir: tools, prefix: "kubernetes-schemas-" });
  try {
    await writeKubernetes(work);
    await writeDefinitions(await gatewayDefinitions(), work);
    await writeDefinitions(await prometheusDefinitions(work), work);
    await Deno.chmod(work, 0o755);
    await Deno.rename(work, folder).catch(async (error) => {
      await Deno.stat(folder).catch(() => { // unless another process was faster
        throw error;
      });
    });
  } finally {
    await Deno.remove(work, { recursive: true }).catch(() => {});
  }
  return folder;
}

async function writeKubernetes(folder: string): Promise<void> {
  const dir = await goModule("k8s.io/kubernetes", KUBERNETES_VERSION);
  const text = await Deno.readTextFile(`${dir}/api/openapi-spec/swagger.json`);
  const { definitions } = JSON.parse(
    text.replaceAll('"#/definitions/', '"_all.json#/definitions/'),
  );
  for (const [name, definition] of Object.entries<ObjectNode>(definitions)) {
    definitions[name] = isFreeForm(name) ? looser(name) : strict(definition);
    const kinds = definition["x-kubernetes-group-version-kind"] as ObjectNode[] | undefined;
    if (kinds?.length !== 1) continue;
    const { group, version, kind } = kinds[0] as Record<string, string>;
    await writeSchema(folder, { group: group!, version: version!, kind: kind! }, {
      $ref: `_all.json#/definitions/${name}`,
    });
  }
  await Deno.writeTextFile(`${folder}/_all.json`, JSON.stringify({ definitions }));
}

/** These are written as a string or a number, which the document does not say. */
function isFreeForm(name: string): boolean {
  return /\.(IntOrString|Quantity)$/.test(name);
}

function looser(name: string): ObjectNode {
  const number = name.endsWith("Quantity") ? "number" : "integer";
  return { oneOf: [{ type: "string" }, { type: number }] };
}

/** Custom resources, as their definitions describe them. */
async function writeDefinitions(files: readonly string[], folder: string): Promise<void> {
  for (const file of files) {
    const { spec } = parse(await Deno.readTextFile(file));
    for (const { name, schema } of spec.versions) {
      const { openAPIV3Schema } = schema as { openAPIV3Schema: ObjectNode };
      const kind = { group: spec.group, version: name, kind: spec.names.kind };
      await writeSchema(folder, kind, strict(openAPIV3Schema));
    }
  }
}

async function gatewayDefinitions(): Promise<string[]> {
  const dir = await goModule(GATEWAY_API.module, GATEWAY_API.version);
  return [`${dir}/config/crd/standard/gateway.networking.k8s.io_httproutes.yaml`];
}

async function prometheusDefinitions(folder: string): Promise<string[]> {
  const generator = await goTool("controller-gen");
  const { module, version } = PROMETHEUS_OPERATOR;
  const cwd = await Deno.makeTempDir({ prefix: "tokenize-definitions-" });
  await Deno.writeTextFile(`${cwd}/go.mod`, `module definitions\nrequire ${module} v${version}\n`);
  await Deno.writeTextFile(`${cwd}/a.go`, `package definitions\nimport _ "${module}/v1"\n`);
  await go(["mod", "tidy"], { cwd });
  const args = ["crd", `paths=${module}/v1`, `output:crd:dir=${folder}/prometheus`];
  const { success, stderr } = await new Deno.Command(generator, { args, cwd }).output();
  await Deno.remove(cwd, { recursive: true });
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return ["servicemonitors", "prometheusrules"].map((name) =>
    `${folder}/prometheus/monitoring.coreos.com_${name}.yaml`
  );
}

async function writeSchema(
  folder: string,
  { group, version, kind }: Readonly<Record<"group" | "version" | "kind", string>>,
  schema: Node,
): Promise<void> {
  const [shortGroup] = group.split(".");
  const name = [kind, shortGroup, version].filter((part) => part !== "").join("-").toLowerCase();
  await Deno.writeTextFile(`${folder}/${name}.json`, JSON.stringify(schema));
}

/** The schema with no other fields than it names, wherever it names any. */
function strict(node: Node): Node {
  if (Array.isArray(node)) return node.map(strict);
  if (node === null || typeof node !== "object") return node;
  const copy: ObjectNode = {};
  for (const [key, value] of Object.entries(node)) {
    // an annotation, and some formats are not JSON Schema's
    if (key !== "format" || typeof value !== "string") copy[key] = strict(value);
  }
  if (node["x-kubernetes-int-or-string"] === true) return looser("IntOrString");
  const isOpen = node["x-kubernetes-preserve-unknown-fields"] === true;
  if (typeof node.properties === "object" && node.additionalProperties === undefined && !isOpen) {
    copy.additionalProperties = false;
  }
  return copy;
}
