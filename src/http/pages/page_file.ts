/** The files of the pages that the program serves, as they are embedded in it. */

/** A file. */
export interface PageFile {
  /** Its media type. */
  readonly type: string;
  /** Changes with its bytes. */
  readonly etag: string;
  /** Its bytes, compressed by gzip, in base64. */
  readonly gzip: string;
}

/** The files of a page, by the last part of their paths; the page itself is `index.html`. */
export type PageFiles = Readonly<Record<string, PageFile>>;
