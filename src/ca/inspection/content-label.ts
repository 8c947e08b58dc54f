import { parseDer } from '../../core/der.ts'
import { DerError, type DerNode, Tag } from '../../core/der-node.ts'

/**
 * The PEM label of what a DER value looks like, by its outermost parts; undefined where it looks like nothing that is
 * known here.
 */
export function contentLabelOf(der: Buffer): string | undefined {
  try {
    return labelOf(parseDer(der))
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}

function labelOf(node: DerNode): string | undefined {
  const shape = shapeOf(node)
  if (shape === SIGNED) return signedLabelOf(node.children?.[0])
  return SHAPES.find(([beginning]) => shape.startsWith(beginning))?.[1]
}

/** The tags of its parts. */
function shapeOf(node: DerNode | undefined): string {
  return (node?.children ?? []).map(({ tag }) => `${tag} `).join('')
}

const { bitString, integer, octetString, sequence, utcTime, generalizedTime } = Tag

const SIGNED = `${sequence} ${sequence} ${bitString} `

const SHAPES: readonly [beginning: string, label: string][] = [
  [`${sequence} ${bitString} `, 'PUBLIC KEY'],
  [`${sequence} ${octetString} `, 'ENCRYPTED PRIVATE KEY'],
  [`${integer} ${sequence} ${octetString} `, 'PRIVATE KEY'],
  [`${integer} ${octetString} `, 'EC PRIVATE KEY'],
  [`${integer} `.repeat(9), 'RSA PRIVATE KEY'],
]

/** Version, subject, key and attributes, the last with the tag 0. */
const REQUEST = `${integer} ${sequence} ${sequence} 0 `

/** What is signed is a certificate, a request or a CRL, which alone has a date among its outermost parts. */
function signedLabelOf(node: DerNode | undefined): string {
  if (node?.children?.some(({ tag }) => tag === utcTime || tag === generalizedTime)) return 'X509 CRL'
  return shapeOf(node) === REQUEST ? 'CERTIFICATE REQUEST' : 'CERTIFICATE'
}
