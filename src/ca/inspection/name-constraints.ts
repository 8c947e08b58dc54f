import { parseDer } from '../../core/der.ts'
import { DerError, type DerNode } from '../../core/der-node.ts'
import { readContext, readSequence } from '../../core/der-reader.ts'
import { type Certificate, GeneralName, Oid } from '../../identity/certificate.ts'
import { readExtensions } from '../../identity/extensions.ts'

/**
 * The names that a CA may certify, and those that it may not: `permitted URI shop.internal`. Undefined where it is not
 * constrained.
 * @throws DerError
 * @see RFC 5280 section 4.2.1.10
 */
export function nameConstraintsOf({ der, extensions }: Certificate): readonly string[] | undefined {
  if (!extensions.has(Oid.nameConstraints)) return undefined
  const [tbs] = readSequence(parseDer(der))
  const list = readSequence(tbs).find((field) => field.tagClass === 'context' && field.tag === EXTENSIONS)
  return readExtensions(readContext(list, EXTENSIONS)[0]).read(Oid.nameConstraints, readConstraints)
}

const EXTENSIONS = 3
const VERBS = ['permitted', 'excluded'] as const

function readConstraints(node: DerNode): readonly string[] {
  return readSequence(node).flatMap((list) => {
    const verb = VERBS[list.tag]
    if (verb === undefined) throw new DerError('name constraints that are neither permitted nor excluded')
    return readContext(list, list.tag).map((subtree) => `${verb} ${formatBase(readSequence(subtree)[0])}`)
  })
}

const NAME_KINDS: ReadonlyMap<number, string> = new Map([
  [GeneralName.dns, 'DNS'],
  [GeneralName.uri, 'URI'],
])

function formatBase(name: DerNode | undefined): string {
  const kind = NAME_KINDS.get(name?.tag ?? -1)
  const text = name?.bytes?.toString('latin1') ?? ''
  return kind === undefined || !/^[\x21-\x7e]*$/.test(text) ? 'a name of another kind' : `${kind} ${text}`
}
