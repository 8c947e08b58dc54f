/** Calls of the warehouse that need a certificate and no token: `count`, which is for `orders`. */

import { onTestFinished } from 'vitest'
import { AccessRules } from '../../src/access/access-rules.ts'
import { formatAddress, parseAddress } from '../../src/core/address.ts'
import { systemClock } from '../../src/core/clock.ts'
import type { Credential } from '../../src/identity/credential.ts'
import { MemoryCredentialSource } from '../../src/identity/credential-source.ts'
import { parseServiceId } from '../../src/identity/service-id.ts'
import { MeshServer } from '../../src/interceptor/mesh-server.ts'
import { createServiceClient } from '../../src/interceptor/service-client.ts'
import { openChannel } from '../../src/transport/channel.ts'
import { type CapturingLogger, capturingLogger } from './log.ts'
import { createVerifier } from './token.ts'
import { trustWithoutKeys } from './trust.ts'
import { plainHandlers, Warehouse } from './warehouse.ts'

export const COUNT = Warehouse.service.Count.path

export interface ServedWarehouse {
  readonly address: string
  readonly log: CapturingLogger
}

/** A warehouse behind a server of ours, closed after the test. */
export async function serveWarehouse(credential: Credential): Promise<ServedWarehouse> {
  const log = capturingLogger()
  const credentials = new MemoryCredentialSource(credential)
  const trust = trustWithoutKeys(credential)
  const options = { credentials, verifyToken: createVerifier(), trust, logger: log, clock: systemClock }
  const server = new MeshServer(options, AccessRules.empty)
  server.addService(Warehouse, plainHandlers)
  onTestFinished(() => server.close())
  return { address: formatAddress(await server.listen('localhost:0')), log }
}

/**
 * Calls the warehouse with a client of ours, and resolves to what it answers.
 * @throws CallError
 */
export async function count(address: string, credential: Credential): Promise<string | undefined> {
  const server = parseServiceId('spiffe://shop.internal/warehouse')
  const channel = openChannel({ address: parseAddress(address), server, credential })
  onTestFinished(() => channel.close())
  return (await createServiceClient(Warehouse, channel).count({ sku: 'tea' })).note
}
