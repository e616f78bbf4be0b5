/**
 * Programs and modules written in Go, each of exactly the pinned version. Programs are compiled into
 * .tools. Go checks whatever it fetches against its checksum database.
 *
 *     go_tools.ts NAME     prints the path of a program, or on standard error what is missing for it
 */
import { fileURLToPath } from "node:url";

interface GoTool {
  readonly version: string;
  /** The package to compile; its module has the version. */
  readonly package: string;
  /** What the program's own build would have set. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** The Kubernetes that manifests are checked for: the one of the tests' own cluster. */
export const KUBERNETES_VERSION = "1.32.4";
const [KUBERNETES_MAJOR, KUBERNETES_MINOR] = KUBERNETES_VERSION.split(".") as [string, string];

const HELM_VERSION = "3.20.2";

const TOOLS = {
  actionlint: { version: "1.7.12", package: "github.com/rhysd/actionlint/cmd/actionlint" },
  "compose-spec": { version: "2.9.1", package: "github.com/compose-spec/compose-go/v2/cmd" },
  "controller-gen": {
    version: "0.19.0",
    package: "sigs.k8s.io/controller-tools/cmd/controller-gen",
  },
  helm: {
    version: HELM_VERSION,
    package: "helm.sh/helm/v3/cmd/helm",
    variables: {
      "helm.sh/helm/v3/internal/version.version": `v${HELM_VERSION}`,
      "helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor": KUBERNETES_MAJOR,
      "helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor": KUBERNETES_MINOR,
      "helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor": KUBERNETES_MAJOR,
      "helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor": KUBERNETES_MINOR,
    },
  },
  promtool: { version: "0.316.0", package: "github.com/prometheus/prometheus/cmd/promtool" },
  kubeconform: { version: "0.7.0", package: "github.com/yannh/kubeconform/cmd/kubeconform" },
} as const satisfies Readonly<Record<string, GoTool>>;

/** A program that can be installed. */
export type GoToolName = keyof typeof TOOLS;

/** The program's path, or what is missing on this machine to install it. */
export type Installation = { readonly program: string } | { readonly missing: string };

const tools = fileURLToPath(new URL("../../.tools/", import.meta.url));

/** What cannot be had here because of the machine: there is no Go, it is too old, or it has no network. */
class MissingTool extends Error {}

/** Gives what `make` makes, or why the machine cannot. Throws any other failure: that is a defect. */
export async function installation(make: () => Promise<string>): Promise<Installation> {
  try {
    return { program: await make() };
  } catch (error) {
    if (error instanceof MissingTool) return { missing: error.message };
    throw error;
  }
}

/** A program that is compiled if it is not there, or why the machine cannot. */
export function installGoTool(name: GoToolName): Promise<Installation> {
  return installation(() => goTool(name));
}

/**
 * The path of a program, which is compiled if it is not there: in a folder of its own that is renamed at the
 * end, so that it can be interrupted.
 */
export async function goTool(name: GoToolName): Promise<string> {
  const { version, package: path, variables = {} }: GoTool = TOOLS[name];
  const folder = `${tools}${name}-${version}`;
  const program = `${folder}/${name}`;
  if (await exists(program)) return program;
  await Deno.mkdir(tools, { recursive: true });
  const work = await Deno.makeTempDir({ dir: tools, prefix: `${name}-` });
  try {
    console.error(`Fetching ${name} ${version} (once, into .tools/)`);
    const set = Object.entries(variables).map(([variable, value]) => `-X ${variable}=${value}`);
    const flags = `-ldflags=${["-s", "-w", ...set].join(" ")}`;
    await go(["install", flags, `${path}@v${version}`], { env: { GOBIN: work } });
    for await (const made of Deno.readDir(work)) {
      await Deno.rename(`${work}/${made.name}`, `${work}/${name}`);
    }
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    await Deno.rename(work, folder);
  } finally {
    await Deno.remove(work, { recursive: true }).catch(() => {});
  }
  return program;
}

/** The folder with a module's files. */
export async function goModule(path: string, version: string): Promise<string> {
  const told = JSON.parse(await go(["mod", "download", "-json", `${path}@v${version}`]));
  return (told as { Dir: string }).Dir;
}

/** What Go says where there is no way to a module, or the module needs a newer Go. */
const OF_THE_MACHINE = /dial tcp|i\/o timeout|proxyconnect|module lookup disabled|requires go >=/;

/** Runs Go, and gives what it prints. Throws the last line of its complaint. */
export async function go(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
): Promise<string> {
  const command = new Deno.Command("go", { args: [...args], stdin: "null", ...options });
  const { success, stdout, stderr } = await outputOf(command);
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  const [, inJson] = /"Error": "(.*)"/.exec(decoder.decode(stdout)) ?? []; // of commands with -json
  const reason = inJson ?? decoder.decode(stderr).trim().split("\n").at(-1)!;
  const message = `go ${args[0]}: ${reason}`;
  throw OF_THE_MACHINE.test(reason) ? new MissingTool(message) : new Error(message);
}

async function outputOf(command: Deno.Command): Promise<Deno.CommandOutput> {
  try {
    return await command.output();
  } catch (error) {
    throw error instanceof Deno.errors.NotFound ? new MissingTool("Go is not installed") : error;
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

if (import.meta.main) {
  const [name = ""] = Deno.args;
  const tool: Installation = name in TOOLS
    ? await installGoTool(name as GoToolName)
    : { missing: `there is no tool "${name}"` };
  if ("missing" in tool) {
    console.error(tool.missing);
    Deno.exit(1);
  }
  console.log(tool.program);
}
