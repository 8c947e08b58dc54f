import type { Command } from 'commander'
import { inspect, MAX_INSPECTED_BYTES } from '../ca/inspection/inspect.ts'
import type { Facts, Inspection, InspectionKind } from '../ca/inspection/inspection.ts'
import { loadBounded } from '../core/bounded-file.ts'
import { systemClock } from '../core/clock.ts'
import { AuthError } from '../core/errors.ts'
import { withJson, writeResult } from './result.ts'

const HELP = `
Of a private key, only its kind is told.
Ends with 0 where nothing is wrong, and with 1 otherwise. A warning is no wrong.`

export function defineCaInspect(command: Command): void {
  withJson(command)
    .description('say what is in a file in PEM or DER, and what is wrong with it')
    .argument('<file>', 'certificates, certificate requests, CRLs and keys: one, or several in PEM')
    .addHelpText('after', HELP)
    .action(inspectFile)
}

async function inspectFile(file: string, _args: object, command: Command): Promise<void> {
  const inspections = inspect(await loadBounded(file, MAX_INSPECTED_BYTES), systemClock())
  writeResult(command, { file, inspections }, inspections.flatMap(linesOf))
  const count = inspections.reduce((sum, { problems }) => sum + problems.length, 0)
  if (count === 0) return
  const found = count === 1 ? 'a problem was found' : `${count} problems were found`
  throw new AuthError('CONFIGURATION_INVALID', `${file}: ${found}.`)
}

const KINDS: Readonly<Record<InspectionKind, string>> = {
  'service-certificate': 'the certificate of a service',
  intermediate: 'the certificate of an intermediate',
  root: 'the certificate of a root',
  certificate: 'a certificate',
  'certificate-request': 'a certificate request',
  crl: 'a CRL',
  'private-key': 'a private key',
  'public-key': 'a public key',
  unknown: 'unknown',
}

function linesOf({ block, kind, facts, problems, warnings }: Inspection): readonly string[] {
  return [
    `Block ${block} is ${KINDS[kind]}.`,
    ...factLines(facts),
    ...problems.map((problem) => `  PROBLEM: ${problem}`),
    ...warnings.map((warning) => `  WARNING: ${warning}`),
  ]
}

function factLines(facts: Facts): readonly string[] {
  return Object.entries(facts).flatMap(([name, value]) => {
    if (value === undefined) return []
    const text = Array.isArray(value) ? value.join(', ') : `${value}`
    return [`  ${wordsOf(name)}: ${text === '' ? 'none' : text}`]
  })
}

/** `serviceId`: service ID. */
function wordsOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace(/\bid\b/, 'ID')
}
