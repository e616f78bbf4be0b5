/** Connection poolers of Debian's packages, between the action and a server, where the machine has them. */
import { freePort } from "../../../scripts/servers/free_port.ts";
import {
  findUnprivilegedUser,
  type UnprivilegedUser,
} from "../../../scripts/servers/postgres/unprivileged_user.ts";
import { until } from "../../../scripts/servers/until.ts";

const PGBOUNCER = "/usr/sbin/pgbouncer";
const PGPOOL = "/usr/sbin/pgpool";

/** Why there is no PgBouncer; undefined if there is. */
export const noPgBouncer = await whyMissing(PGBOUNCER, "pgbouncer");
/** Why there is no pgpool-II; undefined if there is. */
export const noPgpool = await whyMissing(PGPOOL, "pgpool2");

async function whyMissing(program: string, pack: string): Promise<string | undefined> {
  const isInstalled = await Deno.stat(program).then(() => true, () => false);
  return isInstalled ? undefined : `it needs ${program}, of Debian's package ${pack}`;
}

/** Calls `use` with the URL of a server's database through PgBouncer in that mode. */
export async function withPgBouncer(
  url: string,
  mode: string,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server = new URL(url);
  const port = freePort();
  const files = {
    users: `"${server.username}" "${decodeURIComponent(server.password)}"\n`,
    ini: (folder: string) =>
      `[databases]
* = host=${server.hostname} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${folder}/users
pool_mode = ${mode}
`,
  };
  await withPooler(PGBOUNCER, files, (folder) => ["-q", `${folder}/ini`], { server, port, use });
}

/** Calls `use` with the URL of a server's database through pgpool-II with those settings. */
export async function withPgpool(
  url: string,
  settings: Readonly<Record<string, string>>,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server = new URL(url);
  const port = freePort();
  const files = {
    conf: (folder: string) =>
      lines({
        listen_addresses: "127.0.0.1",
        port: String(port),
        unix_socket_directories: folder,
        pcp_port: String(freePort()),
        pcp_socket_dir: folder,
        pid_file_name: `${folder}/pid`,
        logdir: folder,
        num_init_children: "16",
        max_pool: "1",
        backend_hostname0: server.hostname,
        backend_port0: server.port,
        backend_flag0: "ALWAYS_PRIMARY",
        backend_clustering_mode: "streaming_replication",
        sr_check_period: "0",
        enable_pool_hba: "on",
        pool_passwd: `${folder}/passwords`,
        load_balance_mode: "off",
        memory_cache_enabled: "off",
        ...settings,
      }),
    passwords: `${server.username}:TEXT${decodeURIComponent(server.password)}\n`,
    hba: "host all all 127.0.0.1/32 scram-sha-256\n",
    pcp: "",
    key: "none\n",
  };
  const args = (folder: string) =>
    ["-n", "-f", `${folder}/conf`, "-a", `${folder}/hba`, "-F", `${folder}/pcp`]
      .concat("-k", `${folder}/key`);
  await withPooler(PGPOOL, files, args, { server, port, use });
}

function lines(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`).join("");
}

type Files = Readonly<Record<string, string | ((folder: string) => string)>>;

async function withPooler(
  program: string,
  files: Files,
  argumentsFor: (folder: string) => readonly string[],
  { server, port, use }: {
    readonly server: URL;
    readonly port: number;
    readonly use: (url: string) => Promise<void>;
  },
): Promise<void> {
  const user = await findUnprivilegedUser();
  const folder = await Deno.makeTempDir({ prefix: "pooler-" });
  await giveTo(user, folder);
  for (const [name, content] of Object.entries(files)) {
    const text = typeof content === "string" ? content : content(folder);
    await Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o600 });
    await giveTo(user, `${folder}/${name}`);
  }
  const args = [...argumentsFor(folder)];
  const pooler = new Deno.Command(program, { args, ...user, stdout: "null", stderr: "null" })
    .spawn();
  try {
    await until(async () => {
      const socket = await Deno.connect({ port }).catch(() => undefined);
      socket?.close();
      return socket !== undefined;
    });
    const through = new URL(server);
    through.port = String(port);
    await use(through.href);
  } finally {
    pooler.kill("SIGINT");
    await pooler.status;
    await Deno.remove(folder, { recursive: true });
  }
}

async function giveTo({ uid, gid }: UnprivilegedUser, path: string): Promise<void> {
  if (uid !== undefined && gid !== undefined) await Deno.chown(path, uid, gid);
}
