/** Text as it occurs in databases: no detector may accept any of it as a token. */

const GIVEN = ["Ada", "Zoë", "Łukasz", "静香", "محمد", "O'Brien", "Anne-Marie", "ßtephan", "Ñuria"];
const FAMILY = ["Lovelace", "Ångström", "de la Cruz", "源", "Nguyễn", "Иванова", "poc", "Tok"];
const DOMAINS = ["example.com", "mail.example.co.uk", "例え.テスト", "tok.example"];

/** Words and identifiers of people, programs and computers, some of which look similar to tokens. */
const SINGLES: readonly string[] = [
  "",
  " ",
  "\n",
  "-",
  "_",
  "0",
  "N/A",
  "null",
  "true",
  "+49 (0)30 901820",
  "555-0100",
  "1984-12-31",
  "2026-11-23T17:00:00.000Z",
  "DE89 3704 0044 0532 0130 00",
  "4111 1111 1111 1111",
  "078-05-1120",
  "€ 1.234,56",
  "221B Baker Street, London NW1 6XE",
  "Straße des 17. Juni 135\n10623 Berlin",
  "東京都千代田区千代田1-1",
  "🏳️‍🌈 👩‍👩‍👧‍👦",
  "192.0.2.1",
  "2001:db8::8a2e:370:7334",
  "de:ad:be:ef:00:01",
  "urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.customers,PROD)",
  "https://example.com/a_b/c-d?token=YWJj&x=1#tok_",
  "C:\\Users\\tok\\poc.txt",
  "/usr/local/bin/tok_x_poc",
  '{"token":"tok_YQ==_poc"}',
  "<token>tok_YQ==_poc</token>",
  "select 'tok_' || x || '_poc' from t; -- drop table t",
  "tok, _poc, tk1, vault:v1:",
  "tok_YQ==_poc, tok_Yg==_poc",
  "Token: tok_YQ==_poc",
  "f47ac10b-58cc-4372-a567-0e02b2c3d479",
  "da39a3ee5e6b4b0d3255bfef95601890afd80709",
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
  "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b",
  "YWRhQGV4YW1wbGUuY29t",
  "YWRhQGV4YW1wbGUuY29t==",
  "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
  "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
  "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
  "xoxb-not-a-token-at-all",
  "AKIAIOSFODNN7EXAMPLE",
  "vault:v1:",
  "vault:v1:not base64",
  "snake_case_name_of_a_thing",
  "kebab-case-name-of-a-thing",
  "camelCaseNameOfAThing",
  "tok_",
  "_poc",
  "tok_poc",
  "tk1_",
  "tk1_hmac_g_",
  "tk1_siv_g_k1_",
  "tok_YQ_poc",
  "tk1_hmac_g_k1_abc",
  "The quick brown fox jumps over the lazy dog. ".repeat(200),
  "a".repeat(10_000),
  "_".repeat(43),
  "-".repeat(22),
];

/** All of it: several hundred texts. */
export const NATURAL_TEXT: readonly string[] = [
  ...SINGLES,
  ...GIVEN.flatMap((given) =>
    FAMILY.flatMap((family) => [
      `${given} ${family}`,
      `${family}, ${given}`,
      ...DOMAINS.map((domain) => `${given}.${family}@${domain}`.toLowerCase()),
    ])
  ),
];

/** A token with something before, after or within it: text that somebody wrote about a token. */
export function textsAround(token: string): readonly string[] {
  const half = Math.floor(token.length / 2);
  return [
    ` ${token}`,
    `${token} `,
    `\n${token}`,
    `${token}\n`,
    `${token}\r\n`,
    `${token}\u0085`,
    `${token}\u2028`,
    `${token}\u0301`,
    `\uFEFF${token}`,
    `"${token}"`,
    `(${token})`,
    `${token}.`,
    `${token},${token}`,
    `${token}\n${token}`,
    `first\n${token}\nlast`,
    `${token.slice(0, half)}\n${token.slice(half)}`,
    `${token.slice(0, half)} ${token.slice(half)}`,
    `${token.slice(0, half)}é${token.slice(half)}`,
    token.slice(1),
    token.slice(3),
    `x${token}`,
    `é${token}`,
    token.toUpperCase(),
  ];
}
