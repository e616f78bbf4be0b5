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

/** For a test that may leave a connection or a request open. */
export const LEFT_OPEN = { sanitizeOps: false, sanitizeResources: false };

/**
 * Registers a test of the stand-in by the real driver, which keeps connections open for reuse even after
 * its client is closed.
 */
export function standInTest(name: string, test: (standIn: StandIn) => Promise<void>): void {
  const withDriver = (control: WarehouseControl) =>
    test({
      control,
      openDriver: (changes) => Driver.open(driverOptions(control.address, changes)),
    });
  withStandIn(name, withDriver, LEFT_OPEN);
}

/** Registers a test that begins and ends with a warehouse that behaves; it is skipped without one. */
export function withStandIn(
  name: string,
  test: (control: WarehouseControl) => Promise<void>,
  options: typeof LEFT_OPEN | Record<never, never> = {},
): void {
  const whyNot = controlUrl === undefined ? NO_STAND_IN : undefined;
  testUnless(whyNot, name, async () => {
    const control = await connectControl(controlUrl ?? "");
    await control.reset();
    try {
      await test(control);
    } finally {
      await control.reset();
    }
  }, options);
}
