/** Names of tables as they are written in SQL: parts with dots between them. */

/**
 * The parts of a name such as `app.public.customers` or `app."public.x"."say ""hi"""`: a part in double
 * quotes may contain dots, and a quote doubled. Undefined if it is not such a name.
 */
export function parseQualifiedName(text: string): string[] | undefined {
  const part = /(?:"((?:[^"]|"")+)"|([^".]+))(\.|$)/y;
  const parts: string[] = [];
  let end = ".";
  while (end === ".") {
    const match = part.exec(text);
    if (match === null) return undefined;
    const [, quoted, plain] = match;
    parts.push(quoted?.replaceAll('""', '"') ?? plain!);
    end = match[3]!;
  }
  return parts;
}
