import type { Command } from 'commander'
import { readPublishedKeys } from '../authority/log/published-keys.ts'
import { labelOf } from '../ca/issuers/authorities.ts'
import type { CaState } from '../ca/issuers/ca-state.ts'
import { toEpochSeconds } from '../core/clock.ts'
import type { PublishedKey } from '../trust/published-key.ts'
import { type CaArguments, stateOf, useCa, withCa } from './ca-context.ts'
import { keyAnchorsOf } from './key-anchors.ts'
import { withJson, writeResult } from './result.ts'
import { tableOf } from './table.ts'

export function defineSigningKeyList(command: Command): void {
  withCa(withJson(command))
    .description('show the signing keys that authorities have published, with the certificate that vouches for each')
    .action(listSigningKeys)
}

async function listSigningKeys(args: CaArguments, command: Command): Promise<void> {
  await useCa(args, async (open) => {
    const state = await stateOf(open)
    const published = await readPublishedKeys(open.store.trustLog, await keyAnchorsOf(open))
    const now = toEpochSeconds(open.clock())
    const keys = [...published.keys.values()].map((key) => ({
      ...describe(key, state),
      state: published.isRevoked(key) ? 'revoked' : key.expiresAt < now ? 'expired' : 'live',
    }))
    writeResult(command, { keys, refused: published.refused }, [
      ...tableOf(
        ['KEY', 'STATE', 'EXPIRES', 'ISSUER', 'AUTHORITY', 'INTERMEDIATE'],
        keys.map((key) => [key.keyId, key.state, key.expiresAt, key.issuer, key.authority, key.intermediate]),
      ),
      ...published.refused.map(({ keyId, problem }) => `Ignored: ${keyId}. ${problem}`),
    ])
  })
}

function describe({ keyId, issuer, expiresAt, publishers }: PublishedKey, { authorities }: CaState) {
  const [authority] = publishers
  const intermediate = authorities.find((one) => one.keyId === authority?.issuerKeyId)
  return {
    keyId,
    issuer,
    expiresAt: new Date(expiresAt * 1000).toISOString(),
    /** The serial number of its certificate: which of them, all of the same service ID. */
    authority: authority?.serialNumber ?? '',
    intermediate: intermediate === undefined ? (authority?.issuerKeyId ?? '') : labelOf(intermediate),
  }
}
