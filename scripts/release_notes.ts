/** `deno task release-notes TAG`: prints what CHANGELOG.md says of the version that is released. */
import manifest from "../deno.json" with { type: "json" };
import { releaseNotes } from "./changelog.ts";

const changelog = await Deno.readTextFile(new URL("../CHANGELOG.md", import.meta.url));
try {
  console.log(releaseNotes(Deno.args[0] ?? "", manifest.version, changelog));
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}
