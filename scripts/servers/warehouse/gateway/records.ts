/** Records what reached the gateway, for tests to check. */
import {
  type ConnectionCounts,
  type Door,
  DOORS,
  type QueryHistoryRow,
  type RequestRecord,
} from "../control.ts";

/** A record that is still being filled in. */
export type OpenRecord = { -readonly [Field in keyof RequestRecord]: RequestRecord[Field] };

export class Records {
  private requests: OpenRecord[] = [];
  private counts = zeroCounts();
  private sequence = 0;
  private connection = 0;

  /** Counts a connection and numbers it. */
  accepted(door: Door): number {
    this.counts[door].accepted++;
    return ++this.connection;
  }

  secured(door: Door): void {
    this.counts[door].secured++;
  }

  open(door: Door, connection: number, path: string, headers: Headers): OpenRecord {
    const record: OpenRecord = {
      sequence: ++this.sequence,
      door,
      connection,
      path,
      method: "unknown",
      authorization: headers.get("authorization"),
      userAgent: headers.get("user-agent"),
      faults: [],
    };
    this.requests.push(record);
    return record;
  }

  all(): RequestRecord[] {
    return structuredClone(this.requests);
  }

  /** The statements among the requests, as `system.query.history` would list them. */
  queryHistory(): QueryHistoryRow[] {
    return this.requests.filter(({ method }) => method === "ExecuteStatement").map(toHistoryRow);
  }

  connections(): Record<Door, ConnectionCounts> {
    return structuredClone(this.counts);
  }

  clear(): void {
    this.requests = [];
    this.counts = zeroCounts();
  }
}

function toHistoryRow({ session, statement, parameters }: OpenRecord): QueryHistoryRow {
  return {
    session_id: session ?? "",
    statement_text: statement ?? "",
    query_parameters: parameters === undefined ? null : {
      named_parameters: Object.fromEntries(
        parameters.flatMap(({ name, value }) => name === null ? [] : [[name, value]]),
      ),
      pos_parameters: parameters.flatMap(({ name, value }) => name === null ? [value] : []),
    },
  };
}

function zeroCounts(): Record<Door, { accepted: number; secured: number }> {
  return Object.fromEntries(
    DOORS.map((door) => [door, { accepted: 0, secured: 0 }]),
  ) as Record<Door, { accepted: number; secured: number }>;
}
