/** Numbers with what they count, as a person reads them. */

/** `1 row`, `2 rows`: `plural` is `singular` with an s unless it is given. */
export function counted(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}
