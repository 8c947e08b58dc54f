import { derExtentOf } from '../../core/der-extent.ts'
import { DerError } from '../../core/der-node.ts'
import { parseCrl } from '../../identity/crl.ts'
import type { PemBlock, PemPart } from '../../identity/pem-blocks.ts'
import { inspectCertificate } from './certificate.ts'
import { inspectCertificateRequest } from './certificate-request.ts'
import { type PlacedCertificate, placeCertificate } from './chain.ts'
import { contentLabelOf } from './content-label.ts'
import { inspectCrl } from './crl.ts'
import type { Findings, InspectionKind } from './inspection.ts'
import { inspectPrivateKey } from './private-key.ts'
import { inspectPublicKey } from './public-key.ts'

/** Where a block stands, and when it is looked at. */
export interface Place {
  /** Counted from 1. */
  readonly block: number
  /** All certificates of the file. */
  readonly file: readonly PlacedCertificate[]
  /** Milliseconds since 1970. */
  readonly now: number
}

/** What a block is by its label, and what is wrong with it. */
export function inspectBlock(part: PemPart, place: Place): Findings {
  const kind = kindOf(part.label)
  if (part.kind === 'defect') return broken(kind, part.label, part.problem)
  if (part.headers.length > 0 && kind !== 'private-key') return broken(kind, part.label, HEADERS)
  try {
    return INSPECTORS[kind](part, place)
  } catch (error) {
    if (error instanceof DerError) return broken(kind, part.label, `it cannot be read: ${reasonOf(part, error)}`)
    throw error
  }
}

type LabelledKind = 'certificate' | 'certificate-request' | 'crl' | 'private-key' | 'public-key' | 'unknown'

const KINDS: ReadonlyMap<string | undefined, LabelledKind> = new Map([
  ['CERTIFICATE', 'certificate'],
  ['CERTIFICATE REQUEST', 'certificate-request'],
  ['NEW CERTIFICATE REQUEST', 'certificate-request'],
  ['X509 CRL', 'crl'],
  ['PUBLIC KEY', 'public-key'],
])

function kindOf(label: string | undefined): LabelledKind {
  return label?.endsWith('PRIVATE KEY') ? 'private-key' : (KINDS.get(label) ?? 'unknown')
}

const INSPECTORS: Readonly<Record<LabelledKind, (block: PemBlock, place: Place) => Findings>> = {
  certificate: ({ content }, { block, file, now }) =>
    inspectCertificate(file.find((placed) => placed.block === block) ?? placeCertificate(content, block), file, now),
  'certificate-request': ({ content }) => inspectCertificateRequest(content),
  crl: ({ content }, { file, now }) => inspectCrl(parseCrl(content), file, now),
  'private-key': inspectPrivateKey,
  'public-key': ({ content }) => inspectPublicKey(content),
  unknown: () => {
    throw new DerError('what it is is not known here')
  },
}

const HEADERS = 'lines stand before its content, which only keys in an old form have'

/** The most telling of what is known: most errors of parsers say little. */
function reasonOf({ label, content }: PemBlock, error: DerError): string {
  const extent = derExtentOf(content)
  if (extent !== undefined && extent.length > content.length) {
    return `it is cut off: ${content.length} of ${extent.length} bytes are there`
  }
  if (extent !== undefined && extent.length < content.length) {
    return `${content.length - extent.length} bytes follow its value`
  }
  const looks = contentLabelOf(content)
  return looks === undefined || looks === label ? error.message : `its content is that of a ${looks}`
}

function broken(kind: InspectionKind, label: string | undefined, problem: string): Findings {
  return { kind, facts: { label }, problems: [problem], warnings: [] }
}
