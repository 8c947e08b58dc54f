import { readFile } from 'node:fs/promises'
import { DerError } from '../../core/der-node.ts'
import { parseCrl } from '../../identity/crl.ts'
import { decodePem } from '../../identity/pem.ts'
import { CERTIFICATE_MODE, replaceFiles } from '../directory/durable-files.ts'
import type { CaLedger } from '../issuers/ca-state.ts'
import type { IssuedCrl } from './create-crl.ts'

/**
 * Writes a CRL to its file, in place of an earlier one. Of two processes that make CRLs, the one that comes late with an
 * earlier one would take back what the other has revoked.
 * @returns whether it is there now; not so where a later one is
 * @throws AuthError CONFIGURATION_INVALID, STORE_UNAVAILABLE
 */
export async function replaceCrl(
  file: string,
  { pem, number }: Pick<IssuedCrl, 'pem' | 'number'>,
  ledger: CaLedger,
): Promise<boolean> {
  // A CRL may be large, and others wait for as long as the state is held.
  const former = await loadFormer(file)
  const formerNumber = numberIn(former)
  return ledger.hold(async () => {
    const present = await loadFormer(file)
    const presentNumber = present === former ? formerNumber : numberIn(present)
    if (presentNumber !== undefined && presentNumber >= BigInt(number)) return false
    await replaceFiles([{ file, text: pem, mode: CERTIFICATE_MODE }])
    return true
  })
}

function loadFormer(file: string): Promise<string> {
  return readFile(file, 'latin1').catch(() => '')
}

/** Undefined for what is no CRL. */
function numberIn(text: string): bigint | undefined {
  const [der] = decodePem(['X509 CRL'], text) ?? []
  try {
    return der && parseCrl(der).number
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}
