/** Docker, where it is there and runs. */

/** Why containers cannot be used on this machine; undefined if they can. */
export async function whyNoDocker(): Promise<string | undefined> {
  const command = new Deno.Command("docker", { args: ["version"], stdout: "null", stderr: "null" });
  const output = await command.output().catch(() => undefined);
  if (output === undefined) return "docker is not installed";
  return output.success ? undefined : "Docker's daemon does not respond";
}

/** The variables that say which Docker is meant, as far as they are set. */
export function dockerEnvironment(): Record<string, string> {
  const names = ["DOCKER_BUILDKIT", "DOCKER_CONFIG", "DOCKER_CONTEXT", "DOCKER_HOST"];
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}
