/**
 * For tests that use the stand-in warehouse: `standInTest("what is true", async ({ control }) => …)`.
 * `run.ts` starts the warehouse and tells these tests where it is.
 */
import type { WarehouseControl } from "../../scripts/servers/warehouse/control.ts";
import { connectControl } from "../../scripts/servers/warehouse/remote_control.ts";
import { Driver, type DriverOptions, driverOptions } from "./driver.ts";

export interface StandIn {
  readonly control: WarehouseControl;
  /** Opens a session through the gateway with the real driver. */
  readonly openDriver: (changes?: Partial<DriverOptions>) => Promise<Driver>;
}

const controlUrl = Deno.env.get("TEST_DBX_CONTROL");

/**
 * Registers a test that begins and ends with a warehouse that behaves. Without a warehouse it is
 * reported as ignored.
 */
export function standInTest(name: string, test: (standIn: StandIn) => Promise<void>): void {
  Deno.test({
    name,
    ignore: controlUrl === undefined,
    // the driver keeps connections open for reuse, after its client is closed too
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
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
  });
}
