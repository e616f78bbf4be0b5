/** A name and what stands for it, in a list of facts. */
import type { ComponentChildren } from "preact";

/** One of them, for a `dl` of the class `facts`. */
export function Fact({ name, isWide = false, children }: {
  name: string;
  isWide?: boolean;
  children: ComponentChildren;
}) {
  return (
    <div class={isWide ? "wide" : ""}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
