import { loadBounded } from '../core/bounded-file.ts'
import { decodeUtf8 } from '../core/encoding.ts'
import { AuthError } from '../core/errors.ts'

export type { Passphrase }

/** For what authenticates by itself (NIST SP 800-63B-4 section 3.1.1.2); each code point is a character there. */
const MIN_CHARACTERS = 15
/** As much as the openssl command reads of one in a file. */
const MAX_BYTES = 1023
const LINE_END = /\r?\n$/
/** Control characters, a byte order mark, and what decoders put in the place of bytes that they cannot read. */
const UNREADABLE = /[\p{Cc}\p{Cs}\u{FEFF}\u{FFFD}]/u

/**
 * Parses a passphrase: one line of at least 15 characters. It is taken as it is, without normalisation of Unicode, so
 * that openssl takes the same for the same.
 * @param place where it comes from, for the message, which repeats nothing of it
 * @throws AuthError CONFIGURATION_INVALID
 */
export function parsePassphrase(text: string, place: string): Passphrase {
  if (Buffer.byteLength(text) > MAX_BYTES) throw invalid(place, `is longer than ${MAX_BYTES} bytes`)
  if (UNREADABLE.test(text)) throw invalid(place, 'is not one line of readable text in UTF-8')
  if ([...text].length < MIN_CHARACTERS) throw invalid(place, `is shorter than ${MIN_CHARACTERS} characters`)
  return new Passphrase(text)
}

/**
 * Loads a passphrase from a file, or whatever can be read as one; the line may end.
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function loadPassphrase(file: string): Promise<Passphrase> {
  const maxBytes = MAX_BYTES + '\r\n'.length
  const bytes = await loadBounded(file, maxBytes)
  if (bytes.length > maxBytes) throw invalid(file, `is longer than ${MAX_BYTES} bytes`)
  const text = decodeUtf8(bytes)
  if (text === undefined) throw invalid(file, 'is not one line of readable text in UTF-8')
  return parsePassphrase(text.replace(LINE_END, ''), file)
}

/** A passphrase. Nothing that prints, lists, copies or serialises it shows it. */
class Passphrase {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The text itself, to derive keys from, and for nothing else. */
  reveal(): string {
    return this.#text
  }
}

function invalid(place: string, problem: string): AuthError {
  return new AuthError('CONFIGURATION_INVALID', `${place}: the passphrase ${problem}.`)
}
