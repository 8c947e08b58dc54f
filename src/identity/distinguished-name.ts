import { encodeDer } from '../core/der-encoder.ts'
import { contentOf, DerError, type DerNode, Tag } from '../core/der-node.ts'
import { readOid, readSequence, readSet } from '../core/der-reader.ts'

/**
 * A name as text in printable ASCII, the last part first: `CN=Countersign root,O=Shop`.
 * @throws DerError for what is no name
 * @see RFC 4514 section 2
 */
export function formatName(name: DerNode): string {
  return readSequence(name).map(formatRelativeName).reverse().join(',')
}

function formatRelativeName(node: DerNode): string {
  return readSet(node).map(formatAttribute).join('+')
}

function formatAttribute(node: DerNode): string {
  const [type, value] = readSequence(node)
  if (value === undefined) throw new DerError('a part of a name has no value')
  const id = readOid(type)
  return `${SHORT_NAMES.get(id) ?? id}=${formatValue(value)}`
}

const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
])

const PRINTABLE_STRING = 19
const IA5_STRING = 22
const TEXTS: ReadonlySet<number> = new Set([Tag.utf8String, PRINTABLE_STRING, IA5_STRING])

/** What is no text is written in hex, after a `#`. */
function formatValue(node: DerNode): string {
  if (node.tagClass !== 'universal' || !TEXTS.has(node.tag)) return `#${encodeDer(node).toString('hex')}`
  const text = contentOf(node).toString('latin1')
  return text.replace(/[^\x20-\x7e]|["+,;<>\\]|^[ #]| $/g, escapeOctet)
}

function escapeOctet(octet: string): string {
  return `\\${Buffer.from(octet, 'latin1').toString('hex').toUpperCase()}`
}
