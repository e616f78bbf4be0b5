/** What has to be known of a machine to judge figures: neither its name nor who uses it. */
import os from "node:os";

/** Such as `AMD EPYC 7763, 2 cores, 8 GiB of memory, Debian GNU/Linux 12, Linux 6.1, x86_64`. */
export async function describeMachine(): Promise<string> {
  const cpus = os.cpus();
  const gibibytes = Math.round(os.totalmem() / 2 ** 30);
  const parts = [
    cpus[0]?.model.trim() || "unknown processor",
    `${cpus.length} ${cpus.length === 1 ? "core" : "cores"}`,
    `${gibibytes} GiB of memory`,
    await distribution(),
    `${os.type()} ${/^\d+(\.\d+)*/.exec(os.release())?.[0] ?? ""}`.trim(),
    Deno.build.arch.replace("_", "-"),
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

/** What a Linux calls itself; undefined on other systems. */
async function distribution(): Promise<string | undefined> {
  const text = await Deno.readTextFile("/etc/os-release").catch(() => "");
  return /^PRETTY_NAME="?([^"\n(]+)/m.exec(text)?.[1]?.trim();
}
