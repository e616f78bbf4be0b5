/** Checks for the programs that Spark needs, and says which is missing. */

/** Spark 4.0 needs 17; version 24 no longer has the security methods that Hadoop calls. */
const OLDEST_JAVA = 17;
const NEWEST_JAVA = 23;
const OLDEST_PYTHON_MINOR = 9;

/** The reason why the stand-in warehouse cannot run here, or undefined when it can. */
export async function missingPrerequisite(): Promise<string | undefined> {
  return await javaProblem() ?? await pythonProblem() ?? await opensslProblem();
}

/** The `java` to run: that of JAVA_HOME, else the one on the PATH. */
export function javaProgram(): string {
  const home = Deno.env.get("JAVA_HOME");
  return home ? `${home}/bin/java` : "java";
}

async function javaProblem(): Promise<string | undefined> {
  const wanted = `Java ${OLDEST_JAVA} to ${NEWEST_JAVA} is needed`;
  const output = await run(javaProgram(), "-version");
  if (output === undefined) return `${wanted}, and none was found`;
  const major = Number(/version "(\d+)/.exec(output)?.[1] ?? "0");
  if (major >= OLDEST_JAVA && major <= NEWEST_JAVA) return undefined;
  return `${wanted}, and "${javaProgram()}" is another version`;
}

async function pythonProblem(): Promise<string | undefined> {
  const wanted = `Python 3.${OLDEST_PYTHON_MINOR} or later with venv and pip is needed`;
  const version = await run("python3", "--version");
  const minor = Number(/Python 3\.(\d+)/.exec(version ?? "")?.[1] ?? "0");
  if (minor < OLDEST_PYTHON_MINOR) return `${wanted}, and "python3" was not found or is older`;
  const modules = await run("python3", "-c", "import ensurepip, venv");
  return modules === undefined ? `${wanted}, and "python3" lacks them` : undefined;
}

async function opensslProblem(): Promise<string | undefined> {
  const version = await run("openssl", "version");
  return version === undefined ? `the program "openssl" is needed, and none was found` : undefined;
}

/** Everything that the program printed, or undefined when it is missing or failed. */
async function run(program: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
    const decoder = new TextDecoder();
    return success ? decoder.decode(stdout) + decoder.decode(stderr) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
