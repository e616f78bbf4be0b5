/**
 * The compression function of SHA-256 for four blocks at once, in WebAssembly: each of its vectors holds the
 * same word of four messages. It takes a third of the time that JavaScript takes for four blocks.
 *
 * The module is assembled here, so that nothing binary has to be trusted: all 64 rounds one after another,
 * with the eight words of the state and the last sixteen of the message schedule in local variables.
 *
 * Sources: FIPS 180-4, sections 4.1.2, 4.2.2, 5.3.3 and 6.2.2; WebAssembly Core Specification 2.0,
 * chapter 5, "Binary Format".
 */

/** How many messages are computed at once. */
export const LANES = 4;
/** The words of a state, and of a block. */
export const STATE_WORDS = 8;
export const BLOCK_WORDS = 16;
const ROUNDS = 64;
const VECTOR_BYTES = 16;

/** The compression function with its memory. */
export interface Sha256Lanes {
  /** Four times each word: the first words of the messages, then the second ones, and so on. */
  readonly words: Uint32Array;
  /**
   * Compresses the block at `blockAt`, sixteen vectors one after another, into the state at `stateAt`; the result
   * is written at `resultAt`. States are eight vectors. Places are in bytes.
   */
  compress(blockAt: number, stateAt: number, resultAt: number): void;
}

const PRIMES = firstPrimes(ROUNDS);
/** The first 32 bits of the fractional parts of the primes' cube roots, and of their square roots. */
const ROUND_CONSTANTS = PRIMES.map((prime) => fraction(Math.cbrt(prime)));
/** The state before the first block. */
export const INITIAL_STATE = PRIMES.slice(0, STATE_WORDS).map((prime) =>
  fraction(Math.sqrt(prime))
);

let compiled: WebAssembly.Module | undefined;

/** A new one, with a memory of its own. */
export function openSha256Lanes(): Sha256Lanes {
  compiled ??= new WebAssembly.Module(assemble());
  const { memory, compress } = new WebAssembly.Instance(compiled).exports as {
    memory: WebAssembly.Memory;
    compress: Sha256Lanes["compress"];
  };
  return { words: new Uint32Array(memory.buffer), compress };
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  }
  return primes;
}

function fraction(root: number): number {
  return Math.floor((root % 1) * 2 ** 32);
}

type Code = readonly number[];

const join = (...parts: readonly Code[]): Code => parts.flat();

/** Instructions by their codes; what they take from the stack stands before them. */
const SIMD = 0xfd;
const add: Code = [SIMD, 0xae, 0x01];
const xor: Code = [SIMD, 0x51];
const or: Code = [SIMD, 0x50];
const bitselect: Code = [SIMD, 0x52];
const shl: Code = [SIMD, 0xab, 0x01];
const shr: Code = [SIMD, 0xad, 0x01];
const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const tee = (local: number): Code => [0x22, local];
const int = (value: number): Code => [0x41, value]; // below 64: one byte
const load = (at: number): Code => join([SIMD, 0x00, 4], unsigned(at));
const store = (at: number): Code => join([SIMD, 0x0b, 4], unsigned(at));
const shift = (local: number, bits: number): Code => join(get(local), int(bits), shr);
const rotate = (local: number, bits: number): Code =>
  join(shift(local, bits), get(local), int(32 - bits), shl, or);
/** The exclusive or of three rotations; for the schedule the third is a shift. */
const sigma = (local: number, [one, two, three]: Bits, third = rotate): Code =>
  join(rotate(local, one), rotate(local, two), xor, third(local, three), xor);

type Bits = readonly [number, number, number];

/** The parameters, then the state, then the schedule. */
const [BLOCK_AT, STATE_AT, RESULT_AT] = [0, 1, 2];
const FIRST_STATE = 3;
const FIRST_WORD = FIRST_STATE + STATE_WORDS;
const word = (round: number) => FIRST_WORD + (round % BLOCK_WORDS);
/** The variable that holds the state's word `number` (a is 0) in a round: they take turns. */
const stateWord = (round: number, number: number) =>
  FIRST_STATE + ((number - round) % STATE_WORDS + STATE_WORDS) % STATE_WORDS;

function bodyOfCompress(): Code {
  const code: number[] = [];
  for (let i = 0; i < STATE_WORDS; i++) {
    code.push(...get(STATE_AT), ...load(i * VECTOR_BYTES), ...set(stateWord(0, i)));
  }
  for (let round = 0; round < ROUNDS; round++) code.push(...schedule(round), ...compression(round));
  for (let i = 0; i < STATE_WORDS; i++) {
    code.push(...get(RESULT_AT), ...get(STATE_AT), ...load(i * VECTOR_BYTES));
    code.push(...get(stateWord(ROUNDS, i)), ...add, ...store(i * VECTOR_BYTES));
  }
  return code;
}

function schedule(round: number): Code {
  const now = word(round); // which holds the word of sixteen rounds before
  if (round < BLOCK_WORDS) return join(get(BLOCK_AT), load(round * VECTOR_BYTES), set(now));
  const small = join(get(now), sigma(word(round + 1), [7, 18, 3], shift), add);
  const large = join(sigma(word(round + 14), [17, 19, 10], shift), add);
  return join(small, get(word(round + 9)), add, large, set(now));
}

function compression(round: number): Code {
  const at = (number: number) => stateWord(round, number);
  const [a, b, c, d] = [at(0), at(1), at(2), at(3)];
  const [e, f, g, h] = [at(4), at(5), at(6), at(7)];
  const choice = join(get(f), get(g), get(e), bitselect);
  const majority = join(get(c), get(a), get(a), get(b), xor, bitselect);
  const constant = vectorOf(ROUND_CONSTANTS[round]!);
  return join(
    join(get(h), sigma(e, [6, 11, 25]), add, choice, add, constant, add, get(word(round)), add),
    join(tee(h), get(d), add, set(d)),
    join(get(h), sigma(a, [2, 13, 22]), add, majority, add, set(h)),
  );
}

function vectorOf(constant: number): Code {
  const bytes = [0, 8, 16, 24].map((shift) => (constant >>> shift) & 0xff);
  return [SIMD, 0x0c, ...bytes, ...bytes, ...bytes, ...bytes];
}

function assemble(): Uint8Array<ArrayBuffer> {
  const [int32, v128] = [0x7f, 0x7b];
  const variables = [1, STATE_WORDS + BLOCK_WORDS, v128];
  const body = join(variables, bodyOfCompress(), [0x0b]);
  const name = (text: string): Code => join([text.length], [...new TextEncoder().encode(text)]);
  const exported = join([2], name("memory"), [0x02, 0], name("compress"), [0x00, 0]);
  return Uint8Array.from(join(
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, [1, 0x60, 3, int32, int32, int32, 0]), // the type of compress
    section(3, [1, 0]), // compress has it
    section(5, [1, 0x00, 1]), // a memory of one page
    section(7, exported),
    section(10, join([1], unsigned(body.length), body)),
  ));
}

function section(id: number, content: Code): Code {
  return join([id], unsigned(content.length), content);
}

/** LEB128. */
function unsigned(value: number): Code {
  const bytes: number[] = [];
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>>= 7;
  } while (value > 0);
  return bytes;
}
