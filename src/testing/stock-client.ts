import { createSecureContext } from 'node:tls'
import { type ChannelCredentials, credentials, Metadata } from '@grpc/grpc-js'
import type { Credential } from '../identity/credential.ts'
import { secureContextOptions } from '../transport/tls-options.ts'

/**
 * Channel credentials for a client of stock grpc-js, which checks nothing before it calls: for calls that a server
 * must refuse.
 * @param credential what the client presents, and whose roots it trusts
 * @param token goes with each call as `authorization: Bearer …`, as it is; left out, calls carry none
 *
 * @example
 * import assert from 'node:assert/strict'
 * import { channelCredentials, reasonOf, startTestMesh } from 'countersign/testing'
 * import { Inventory } from './protos.ts'
 *
 * await using mesh = await startTestMesh()
 * const server = (await mesh.join('inventory')).createServer()
 * server.addService(Inventory, {
 *   reserve: async () => ({ reservationId: 'one' }),
 *   restock: async () => ({}),
 *   async *watch() {},
 * })
 * const { port } = await server.listen('localhost:0')
 *
 * const orders = mesh.credential('orders')
 * const stolen = mesh.token({ caller: mesh.credential('orders'), audience: 'inventory', scopes: ['inventory.reserve'] })
 * const client = new Inventory(`localhost:${port}`, channelCredentials(orders, stolen))
 * const reason = await new Promise((resolve) => {
 *   client.reserve({ sku: 'tea' }, (error) => resolve(error && reasonOf(error)))
 * })
 * assert.equal(reason, 'TOKEN_BINDING_MISMATCH')
 * client.close()
 */
export function channelCredentials(credential: Credential, token?: string): ChannelCredentials {
  const tls = credentials.createFromSecureContext(createSecureContext(secureContextOptions(credential)))
  if (token === undefined) return tls
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${token}`)
  const bearer = credentials.createFromMetadataGenerator((_, callback) => callback(null, metadata))
  return credentials.combineChannelCredentials(tls, bearer)
}
