/**
 * libpq itself, as the judge of how connection parameters are to be read. It is called in this process,
 * so it reads the variables that this process has.
 */

/** Where libraries are installed, by system. */
const PATHS: readonly string[] = [
  "libpq.so.5",
  "/usr/lib/x86_64-linux-gnu/libpq.so.5",
  "/usr/lib/aarch64-linux-gnu/libpq.so.5",
  "/opt/homebrew/opt/libpq/lib/libpq.5.dylib",
  "/usr/local/opt/libpq/lib/libpq.5.dylib",
];

/** What libpq makes of a connection string. */
export interface Libpq {
  /** Its major version. */
  readonly version: number;
  /** The parameters that a connection string sets; undefined if it refuses the string. */
  parse(connectionString: string): ReadonlyMap<string, string> | undefined;
  /** The parameters of a connection, wherever they come from; it need not succeed. */
  connect(connectionString: string): ReadonlyMap<string, string>;
}

const SYMBOLS = {
  PQlibVersion: { parameters: [], result: "i32" },
  PQconninfoParse: { parameters: ["buffer", "buffer"], result: "pointer" },
  PQconninfoFree: { parameters: ["pointer"], result: "void" },
  PQconnectStart: { parameters: ["buffer"], result: "pointer" },
  PQconninfo: { parameters: ["pointer"], result: "pointer" },
  PQpass: { parameters: ["pointer"], result: "pointer" },
  PQfinish: { parameters: ["pointer"], result: "void" },
  PQfreemem: { parameters: ["pointer"], result: "void" },
} as const;

/** Opens the library; undefined if this machine has none. */
export function openLibpq(): Libpq | undefined {
  const library = firstLibrary();
  if (library === undefined) return undefined;
  const { symbols } = library;
  return {
    version: Math.floor(symbols.PQlibVersion() / 10_000),
    parse(connectionString) {
      const message = new BigUint64Array(1);
      const options = symbols.PQconninfoParse(
        cString(connectionString),
        new Uint8Array(message.buffer),
      );
      if (options === null) {
        symbols.PQfreemem(Deno.UnsafePointer.create(message[0]!));
        return undefined;
      }
      const parameters = readOptions(options);
      symbols.PQconninfoFree(options);
      return parameters;
    },
    connect(connectionString) {
      const connection = symbols.PQconnectStart(cString(connectionString));
      const options = symbols.PQconninfo(connection);
      if (options === null) throw new Error("Cannot ask libpq for the parameters");
      const parameters = new Map(readOptions(options));
      const password = symbols.PQpass(connection);
      if (password !== null) parameters.set("password", textAt(password));
      symbols.PQconninfoFree(options);
      symbols.PQfinish(connection);
      return parameters;
    },
  };
}

function firstLibrary() {
  for (const path of PATHS) {
    try {
      return Deno.dlopen(path, SYMBOLS);
    } catch {
      // perhaps the next
    }
  }
  return undefined;
}

function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

function textAt(pointer: Deno.PointerObject): string {
  return new Deno.UnsafePointerView(pointer).getCString();
}

/** `PQconninfoOption`: five pointers to text (keyword, variable, default, value, label), and more. */
const OPTION_BYTES = 56;
const VALUE_OFFSET = 24;

function readOptions(options: Deno.PointerObject): ReadonlyMap<string, string> {
  const view = new Deno.UnsafePointerView(options);
  const parameters = new Map<string, string>();
  for (let at = 0;; at += OPTION_BYTES) {
    const keyword = view.getPointer(at);
    if (keyword === null) return parameters;
    const value = view.getPointer(at + VALUE_OFFSET);
    if (value !== null) parameters.set(textAt(keyword), textAt(value));
  }
}
