/** The process table of the operating system, on Linux and on others. */

/** One process that runs. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
}

/** All processes, but those that ended and were not collected yet. */
export async function listProcesses(): Promise<ProcessEntry[]> {
  return Deno.build.os === "linux" ? await readProc() : await askPs();
}

async function readProc(): Promise<ProcessEntry[]> {
  const entries: ProcessEntry[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await Deno.readTextFile(`/proc/${name}/stat`).catch(() => ""); // it ended meanwhile
    // pid (name, which may hold anything) state parent …
    const [state, parentPid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (parentPid === undefined || state === "Z" || state === "X") continue;
    entries.push({ pid: Number(name), parentPid: Number(parentPid) });
  }
  return entries;
}

async function askPs(): Promise<ProcessEntry[]> {
  const command = new Deno.Command("ps", { args: ["-A", "-o", "pid=,ppid=,state="] });
  const text = new TextDecoder().decode((await command.output()).stdout);
  return text.split("\n").flatMap((line) => {
    const [pid, parentPid, state] = line.trim().split(/\s+/);
    if (state === undefined || state.startsWith("Z")) return [];
    return [{ pid: Number(pid), parentPid: Number(parentPid) }];
  });
}
