/** The page that the bench writes. */
import type { MeasuredPage } from "../measured_page.ts";

/** docs/performance.md. */
export const PERFORMANCE_PAGE: MeasuredPage = {
  page: new URL("../../docs/performance.md", import.meta.url),
  template: new URL("performance.template.md", import.meta.url),
};
