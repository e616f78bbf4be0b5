/**
 * Databricks' functions `secret` and `hmac` for Spark, from `functions/DatabricksFunctions.scala`, which
 * Spark's own Scala compiler translates; and the secrets, which are files.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SparkInstallation } from "./install.ts";
import { javaProgram } from "./prerequisites.ts";

const SOURCE = fileURLToPath(new URL("functions/DatabricksFunctions.scala", import.meta.url));
/** What `spark.sql.extensions` names. */
export const FUNCTIONS_EXTENSION = "standin.DatabricksFunctions";
/** The property that names the folder with the secrets. */
const SECRETS_PROPERTY = "stand.in.secrets";
const NAME = /^[\w.@-]+$/;

/** Translates the functions; gives the folder to put on the class path. */
export async function compileFunctions(
  { sparkHome }: SparkInstallation,
  directory: string,
  signal?: AbortSignal,
): Promise<string> {
  const classes = join(directory, "functions");
  await Deno.mkdir(classes);
  const compiler = new Deno.Command(javaProgram(), {
    args: [
      "-XX:TieredStopAtLevel=1",
      "-cp",
      join(sparkHome, "jars", "*"),
      "scala.tools.nsc.Main",
      "-usejavacp",
      "-d",
      classes,
      SOURCE,
    ],
    signal,
  });
  const { success, stdout, stderr } = await compiler.output();
  signal?.throwIfAborted();
  if (success) return classes;
  const printed = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  throw new Error(`Cannot start Spark: its functions do not compile:\n${printed}`);
}

/** The secrets of a warehouse whose files are in `directory`. */
export class Secrets {
  readonly #folder: string;

  constructor(directory: string) {
    this.#folder = join(directory, "secrets");
  }

  /** What tells Spark where the secrets are. */
  get javaOption(): string {
    return `-D${SECRETS_PROPERTY}=${this.#folder}`;
  }

  /** Keeps a secret, in place of one of that name. */
  async put(scope: string, key: string, value: string): Promise<void> {
    if (!NAME.test(scope) || !NAME.test(key)) throw new Error("Cannot keep the secret: its name");
    await Deno.mkdir(join(this.#folder, scope), { recursive: true });
    await Deno.writeTextFile(join(this.#folder, scope, key), value);
  }

  /** Forgets all secrets. */
  async clear(): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}
