/** The controls of a warehouse that runs in this process. */
import type {
  ConnectionCounts,
  Door,
  FaultRule,
  FaultState,
  QueryHistoryRow,
  RequestRecord,
  WarehouseAddress,
  WarehouseControl,
} from "./control.ts";
import type { Gateway } from "./gateway/gateway.ts";
import type { Secrets } from "./spark/functions.ts";
import { type Row, SparkSession } from "./spark/session.ts";

export const WAIT_FOR_HITS_MS = 60_000;

export class LocalControl implements WarehouseControl {
  constructor(
    readonly address: WarehouseAddress,
    private readonly gateway: Gateway,
    private readonly sparkUrl: string,
    private readonly secrets: Secrets,
  ) {}

  async sql(...statements: string[]): Promise<Row[]> {
    await using session = await SparkSession.open(this.sparkUrl);
    let rows: Row[] = [];
    for (const statement of statements) rows = await session.run(statement);
    return rows;
  }

  addFault(rule: FaultRule): Promise<string> {
    return Promise.resolve(this.gateway.faults.add(rule));
  }

  faultState(id: string): Promise<FaultState> {
    return Promise.resolve(this.gateway.faults.state(id));
  }

  waitForHits(id: string, hits = 1, timeoutMs = WAIT_FOR_HITS_MS): Promise<void> {
    return this.gateway.faults.waitForHits(id, hits, timeoutMs);
  }

  release(id: string): Promise<void> {
    return Promise.resolve(this.gateway.faults.release(id));
  }

  removeFault(id: string): Promise<void> {
    return Promise.resolve(this.gateway.faults.remove(id));
  }

  requests(): Promise<RequestRecord[]> {
    return Promise.resolve(this.gateway.records.all());
  }

  queryHistory(): Promise<QueryHistoryRow[]> {
    return Promise.resolve(this.gateway.records.queryHistory());
  }

  connections(): Promise<Record<Door, ConnectionCounts>> {
    return Promise.resolve(this.gateway.records.connections());
  }

  putSecret(scope: string, key: string, value: string): Promise<void> {
    return this.secrets.put(scope, key, value);
  }

  setOauthTokenLifetime(seconds: number): Promise<void> {
    this.gateway.oauth.lifetimeSeconds = seconds;
    return Promise.resolve();
  }

  revokeOauthTokens(): Promise<void> {
    return Promise.resolve(this.gateway.oauth.revokeAll());
  }

  reset(): Promise<void> {
    this.gateway.faults.clear();
    this.gateway.records.clear();
    this.gateway.oauth.reset();
    return this.secrets.clear();
  }
}
