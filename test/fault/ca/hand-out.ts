import { appendFileSync } from 'node:fs'
import type { Command } from 'commander'
import { type CaArguments, loadCa, useCa, withCaKey } from '../../../src/cli/ca-context.ts'
import { withJson, writeResult } from '../../../src/cli/result.ts'
import { generateKeyPair } from '../../../src/identity/key-pair.ts'
import { parseServicePath } from '../../../src/identity/service-id.ts'

interface HandOutArguments extends CaArguments {
  readonly to: string
}

/** A command that issues as an authority does: the certificate is out as soon as it is made. */
export function defineHandOut(handOut: Command): void {
  withCaKey(withJson(handOut)).argument('<service>').requiredOption('--to <file>').action(handOutCertificate)
}

async function handOutCertificate(service: string, args: HandOutArguments, command: Command): Promise<void> {
  await useCa(args, async (open) => {
    const ca = await loadCa(open)
    const path = parseServicePath(service)
    const { publicKey } = generateKeyPair()
    const issued = await ca.issue({ path, dnsNames: [], publicKey, requestedBy: open.operator })
    appendFileSync(args.to, issued.certificateChain)
    writeResult(command, issued, [])
  })
}
