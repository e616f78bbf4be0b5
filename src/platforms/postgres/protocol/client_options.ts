/** How a connection to the server begins, and how it runs a statement. */
import type { Credentials } from "./authentication_exchange.ts";
import type { Decode } from "./backend_messages.ts";

/** How to begin. */
export interface ClientOptions extends Credentials {
  readonly database: string;
  /** Further parameters of the session, such as `application_name`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** How the values of a type are decoded; undefined: they stay texts. */
  readonly decodeOf: (typeOid: number) => Decode | undefined;
}

/** How to run one statement. */
export interface ExecuteOptions {
  /** Whether it stays prepared, for the next time that it is run. */
  readonly keeps: boolean;
  /** Whether the server skips the statement that is sent next if this one fails, and responds to both at once. */
  readonly joinsNext: boolean;
}
