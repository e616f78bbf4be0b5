/**
 * The SQLSTATEs of PostgreSQL itself. Functions and triggers can raise any other five characters, and so
 * tell a value piece by piece: those are not passed on.
 *
 * Source: PostgreSQL documentation, "Appendix A. PostgreSQL Error Codes", of versions 12 to 18.
 */

/** For each class, the first two characters, what follows them. */
const SUBCLASSES: Readonly<Record<string, string>> = {
  "00": "000",
  "01": "000 00C 008 003 007 006 004 P01",
  "02": "000 001",
  "03": "000",
  "08": "000 003 006 001 004 007 P01",
  "09": "000",
  "0A": "000",
  "0B": "000",
  "0F": "000 001",
  "0L": "000 P01",
  "0P": "000",
  "0Z": "000 002",
  "10": "608",
  "20": "000",
  "21": "000",
  "22": "000 02E 021 008 012 005 00B 022 015 01E 014 016 01F 01G 018 007 019 00D 025 P06 010 023 " +
    "013 01B 01W 01X 02H 02G 009 00C 00G 004 002 003 00H 026 001 011 027 024 00F P01 P02 P03 P04 " +
    "P05 00L 00M 00N 00S 00T 030 031 032 033 034 035 036 037 038 039 03A 03B 03C 03D 03E 03F 03G",
  "23": "000 001 502 503 505 514 P01",
  "24": "000",
  "25": "000 001 002 008 003 004 005 006 007 P01 P02 P03 P04",
  "26": "000",
  "27": "000",
  "28": "000 P01",
  "2B": "000 P01",
  "2D": "000",
  "2F": "000 005 002 003 004",
  "34": "000",
  "38": "000 001 002 003 004",
  "39": "000 001 004 P01 P02 P03",
  "3B": "000 001",
  "3D": "000",
  "3F": "000",
  "40": "000 002 001 003 P01",
  "42":
    "000 601 501 846 803 P20 P19 830 602 622 939 804 P18 P21 P22 809 8C9 703 883 P01 P02 704 701 " +
    "P03 P04 723 P05 P06 P07 712 710 702 725 P08 P09 P10 611 P11 P12 P13 P14 P15 P16 P17",
  "44": "000",
  "53": "000 100 200 300 400",
  "54": "000 001 011 023",
  "55": "000 006 P02 P03 P04",
  "57": "000 014 P01 P02 P03 P04 P05",
  "58": "000 030 P01 P02 P03",
  "72": "000",
  "F0": "000 001",
  "HV": "000 005 002 010 021 024 007 008 004 006 091 00B 00C 00D 090 00A 009 014 001 00P 00J 00K " +
    "00Q 00R 00L 00M 00N",
  "P0": "000 001 002 003 004",
  "XX": "000 001 002",
};

const KNOWN = new Set(
  Object.entries(SUBCLASSES).flatMap(([start, ends]) =>
    ends.split(" ").map((end) => `${start}${end}`)
  ),
);

/** Whether the SQLSTATE is one of PostgreSQL's own. */
export function isKnownState(state: string): boolean {
  return KNOWN.has(state);
}
