/** A server whose disk is filled by tables or by its log loses nothing, and continues when there is space. */
import assert from "node:assert/strict";
import type { ErrorCode } from "../../src/errors.ts";
import { Arena, type ArenaOptions } from "./arena.ts";
import { testUnless } from "../support/skipping.ts";
import { SmallDisk } from "./small_disk.ts";
import { tryFault } from "./trial.ts";

/** run.ts starts these tests where they may mount file systems, and says so if there is no such place. */
const whyNot = Deno.env.has("FAULTS_DISKS") ? undefined : "file systems cannot be mounted here";

const MIB = 1024 * 1024;

interface FullDisk {
  readonly fault: string;
  readonly sizeMib: number;
  /** The most that a run is left: less than it needs, which for tables is 40 MiB. */
  readonly leftMib: number;
  /** Postgres stops a session that cannot write its table, and itself where it cannot write its log. */
  readonly codes: readonly ErrorCode[];
  readonly arena: (folder: string) => ArenaOptions;
}

const DISKS: readonly FullDisk[] = [
  {
    fault: "disk full, tables",
    sizeMib: 400,
    leftMib: 35,
    codes: ["database_error"],
    arena: (folder) => ({ tablespace: folder }),
  },
  {
    fault: "disk full, write-ahead log",
    sizeMib: 800,
    leftMib: 60,
    // the server ends: the session that met the full disk says why, any other is cut off
    codes: ["database_error", "database_unreachable"],
    arena: (folder) => ({
      initdb: [`--waldir=${folder}/wal`, "--wal-segsize=1"],
      // what was used is given back, not kept for later
      settings: { max_wal_size: "300MB", min_wal_size: "2MB", wal_recycle: false },
    }),
  },
];

DISKS.forEach(({ fault, sizeMib, leftMib, arena: options, codes }, index) => {
  testUnless(whyNot, `${fault}: nothing is lost`, async (test) => {
    await using disk = await SmallDisk.mount(sizeMib);
    await using arena = await Arena.open(options(disk.folder));
    for (const mode of ["atomic", "batches"] as const) {
      const passed = await test.step(mode, async () => {
        await tryFault(arena, {
          fault,
          mode,
          times: [1, 15],
          salt: 100 + index,
          codes,
          strike: async (random) => {
            await arena.sql`CHECKPOINT`; // files that were dropped go now
            await disk.fill(random() * leftMib * MIB);
            const run = arena.run(mode);
            const { code } = await run.ended;
            assert.equal(code, 1, "there was space enough");
            return { run, whileWriting: true };
          },
          mend: async () => {
            await disk.free();
            await arena.recover();
          },
        });
      });
      if (!passed) break;
    }
  });
});
