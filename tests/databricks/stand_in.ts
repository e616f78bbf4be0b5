/**
 * For tests that use the stand-in warehouse: `standInTest("what is true", async ({ control }) => …)`.
 * `run.ts` starts the warehouse and passes its address in TEST_DBX_CONTROL.
 */
import type { WarehouseControl } from "../../scripts/servers/warehouse/control.ts";
import { connectControl } from "../../scripts/servers/warehouse/remote_control.ts";
import { testUnless } from "../support/skipping.ts";
import { Driver, type DriverOptions, driverOptions } from "./driver.ts";

export interface StandIn {
  readonly control: WarehouseControl;
  /** Opens a session through the gateway with the real driver. */
  readonly openDriver: (changes?: Partial<DriverOptions>) => Promise<Driver>;
}

/** The reason in detail is the first line of run.ts. */
const NO_STAND_IN = "no stand-in warehouse";

const controlUrl = Deno.env.get("TEST_DBX_CONTROL");

/** What is wrong with the certificate of each of these ports, for titles of tests. */
export const CERTIFICATES = {
  untrusted: "a certificate of an unknown CA",
  expired: "an expired certificate",
  wrong_host: "a certificate for another host",
} as const;

/** Registers a test that begins and ends with a warehouse that behaves; it is skipped without one. */
export function standInTest(name: string, test: (standIn: StandIn) => Promise<void>): void {
  testUnless(
    controlUrl === undefined ? NO_STAND_IN : undefined,
    name,
    async () => {
      const control = await connectControl(controlUrl ?? "");
      await control.reset();
      try {
        await test({
          control,
          openDriver: (changes) => Driver.open(driverOptions(control.address, changes)),
        });
      } finally {
        await control.reset();
      }
    },
    // the driver keeps connections open for reuse, after its client is closed too
    { sanitizeOps: false, sanitizeResources: false },
  );
}
