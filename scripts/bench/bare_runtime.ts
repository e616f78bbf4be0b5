/**
 * What the runtime takes by itself: two programs that do nothing, made as the binary is made. The one ends at
 * once; the other has a sandbox that listens, and answers without reading what it is asked.
 */
import { denortEnvironment } from "../denort.ts";

const OPTIONS = [
  "--quiet",
  "--unstable-worker-options",
  "--no-config",
  "--no-remote",
  "--no-npm",
  "--no-check",
  "--no-prompt",
  "--allow-net",
  "--allow-read",
  "--allow-env=PORT",
  "--no-code-cache",
];

const SOURCES = {
  "nothing.js": "",
  "listening.js": `
    const host = "127.0.0.1:" + Deno.env.get("PORT");
    const permissions = {
      net: [host], env: false, read: false, write: false, run: false, ffi: false, sys: false, import: false,
    };
    const url = new URL("./worker.js", import.meta.url);
    new Worker(url, { type: "module", deno: { permissions } }).postMessage(host);
  `,
  "worker.js": `
    const response = new TextEncoder().encode("HTTP/1.1 200 OK\\r\\ncontent-length: 0\\r\\n\\r\\n");
    onmessage = async ({ data }) => {
      const [hostname, port] = data.split(":");
      for await (const connection of Deno.listen({ hostname, port: Number(port) })) {
        await connection.read(new Uint8Array(1024));
        await connection.write(response);
        connection.close();
      }
    };
  `,
};

/** The paths of both programs. */
export interface BarePrograms extends AsyncDisposable {
  readonly nothing: string;
  readonly listening: string;
}

/** Makes them, in a folder that is removed when they are disposed of. */
export async function compileBarePrograms(): Promise<BarePrograms> {
  const dir = await Deno.makeTempDir({ prefix: "tokenize-bare-" });
  for (const [name, text] of Object.entries(SOURCES)) {
    await Deno.writeTextFile(`${dir}/${name}`, text);
  }
  const env = await denortEnvironment();
  for (const name of ["nothing", "listening"]) {
    const files = ["--include=worker.js", `--output=${name}`, `${name}.js`];
    const command = new Deno.Command(Deno.execPath(), {
      args: ["compile", ...OPTIONS, ...files],
      cwd: dir,
      env,
    });
    const { success } = await command.output();
    if (!success) throw new Error(`Cannot measure the bare runtime: ${name}.js does not compile`);
  }
  return {
    nothing: `${dir}/nothing`,
    listening: `${dir}/listening`,
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}
