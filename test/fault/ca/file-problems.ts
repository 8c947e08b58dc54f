import { createPublicKey } from 'node:crypto'
import { keyThumbprintOf } from '../../../src/ca/certificate/key-identity.ts'
import { parseProfiles } from '../../../src/ca/certificate/profiles.ts'
import { chainOf, labelOf } from '../../../src/ca/issuers/authorities.ts'
import { parseStatement } from '../../../src/identity/bundle-statement.ts'
import { isCrlSignedBy, parseCrl } from '../../../src/identity/crl.ts'
import { decodePrivateKey } from '../../../src/identity/key-pair.ts'
import type { Passphrase } from '../../../src/identity/passphrase.ts'
import { scanPem } from '../../../src/identity/pem-blocks.ts'
import type { Evidence } from './evidence.ts'
import { type FoundFile, isTemporary } from './files.ts'
import type { Stored } from './stored.ts'

export interface FileContext {
  readonly stored: Stored | undefined
  readonly evidence: Evidence
  readonly passphrase: Passphrase | undefined
}

/** What is wrong with a file: under its own name it must be whole, and what it holds must be known. */
export function fileProblems(file: FoundFile, context: FileContext): readonly string[] {
  const isSecret = file.text.includes('PRIVATE KEY')
  if (isSecret && file.mode !== 0o600) return [`mode ${file.mode.toString(8)} of a key`]
  if (isTemporary(file)) return []
  const kind = KINDS.find(({ pattern }) => pattern.test(file.name))
  if (kind === undefined) return ['a file of no known kind']
  try {
    return kind.problems(file, context)
  } catch (error) {
    return [String(error)]
  }
}

interface Kind {
  readonly pattern: RegExp
  problems(file: FoundFile, context: FileContext): readonly string[]
}

const KINDS: readonly Kind[] = [
  { pattern: /^(?:root|intermediate|authority-b)-[0-9a-f]{16}\.key$/, problems: caKeyProblems },
  // Ours, and no file of a CA: a worker may be killed before it has written to it.
  { pattern: /^handed-out\.pem$/, problems: () => [] },
  { pattern: /\.(?:key|pem|csr|key\.retired)$/, problems: pemProblems },
  { pattern: /\.crl$/, problems: crlProblems },
  { pattern: /^bundle-\d+\.json$/, problems: ({ text }) => nothingThrown(() => parseStatement(text)) },
  { pattern: /^profiles\.yaml$/, problems: ({ text, path }) => nothingThrown(() => parseProfiles(text, path)) },
]

function pemProblems({ text }: FoundFile): readonly string[] {
  const parts = scanPem(text)
  if (parts.length === 0) return ['it holds nothing']
  return parts.flatMap((part) => (part.kind === 'defect' ? [part.problem] : []))
}

/** The key of an authority that is not noted belongs to none: what would have noted it was killed. */
function caKeyProblems(file: FoundFile, { stored, passphrase }: FileContext): readonly string[] {
  const key = decodePrivateKey(file.text, file.name, passphrase)
  const authority = stored?.state.authorities.find((one) => file.name === `${labelOf(one)}.key`)
  if (authority === undefined) return pemProblems(file)
  const fits = keyThumbprintOf(createPublicKey(key)) === authority.keyThumbprint
  return fits ? pemProblems(file) : ['it is the key of another authority']
}

function crlProblems(file: FoundFile, { stored, evidence }: FileContext): readonly string[] {
  const [block, ...others] = scanPem(file.text)
  if (block?.kind !== 'block' || others.length > 0) return ['it is not one CRL']
  const crl = parseCrl(block.content)
  const issuer = stored?.state.authorities.find((one) => file.name === `${labelOf(one)}.crl`)
  if (stored === undefined || issuer === undefined) return ['the CRL of an authority that is not noted']
  const number = Number(crl.number)
  evidence.seeCrl(file.path, number, file.text)
  const problems: string[] = []
  if (!isCrlSignedBy(crl, chainOf(issuer)[0].publicKey)) problems.push('it is not signed by its issuer')
  if (number > (stored.crlNumbers.get(issuer.keyId) ?? 0)) problems.push(`number ${number} is not noted`)
  return problems
}

function nothingThrown(act: () => unknown): readonly string[] {
  act()
  return []
}
