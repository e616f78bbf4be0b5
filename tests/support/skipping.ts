/** Tests that cannot run everywhere. */

/**
 * Registers a test, or, if `whyNot` says why it cannot run here, one that is skipped with that reason
 * in its title. A skipped test counts in the last line of every suite.
 */
export function testUnless(
  whyNot: string | undefined,
  title: string,
  fn: Deno.TestDefinition["fn"],
  options: Pick<Deno.TestDefinition, "sanitizeOps" | "sanitizeResources"> = {},
): void {
  const name = whyNot === undefined ? title : `${title} (skipped: ${whyNot})`;
  Deno.test({ ...options, name, fn, ignore: whyNot !== undefined });
}
