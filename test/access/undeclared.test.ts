import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadPackageDefinition } from '@grpc/grpc-js'
import { loadFileDescriptorSetFromBuffer, loadSync, type PackageDefinition } from '@grpc/proto-loader'
import { expect, test } from 'vitest'
import { Inventory, Orders } from '../../examples/shop/protos.ts'
import { AccessRules, rulesFromTable } from '../../src/access/access-rules.ts'
import { systemClock } from '../../src/core/clock.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { MemoryCredentialSource } from '../../src/identity/credential-source.ts'
import { MeshServer } from '../../src/interceptor/mesh-server.ts'
import { PROTO_DIRECTORY } from '../../src/transport/protos.ts'
import { temporaryDirectory } from '../support/directory.ts'
import { createTestCa } from '../support/pki.ts'
import { refusalOf } from '../support/refusal.ts'
import { trustWithoutKeys } from '../support/trust.ts'

const ROOT = join(import.meta.dirname, '../..')
const BUF = join(ROOT, 'node_modules/.bin/buf')
const METHODS = [Orders, Inventory].flatMap(({ service }) => Object.values(service).map(({ path }) => path))

const pki = createTestCa()
const handlers = {
  place: async () => ({}),
  reserve: async () => ({}),
  restock: async () => ({}),
  async *watch() {
    yield {}
  },
}

/** A server with the shop's services as they were loaded by others, who leave their rules out. */
function serverOf(definition: PackageDefinition, rules = AccessRules.empty): MeshServer {
  const { shop } = loadPackageDefinition(definition) as unknown as {
    shop: { v1: { Orders: typeof Orders; Inventory: typeof Inventory } }
  }
  const credential = pki.credential('shop')
  const options = {
    credentials: new MemoryCredentialSource(credential),
    verifyToken: () => Promise.reject(new Error('nobody calls')),
    trust: trustWithoutKeys(credential),
    logger: silentLogger,
    clock: systemClock,
  }
  const server = new MeshServer(options, rules)
  server.addService(shop.v1.Orders, handlers)
  server.addService(shop.v1.Inventory, handlers)
  return server
}

/** The shop as a compiler of protobuf writes it, options included. */
async function descriptorSet(): Promise<PackageDefinition> {
  const file = join(await temporaryDirectory(), 'shop.binpb')
  execFileSync(BUF, ['build', '--as-file-descriptor-set', '--output', file], { cwd: ROOT })
  return loadFileDescriptorSetFromBuffer(readFileSync(file))
}

const plainly = async () =>
  loadSync('shop/v1/shop.proto', { includeDirs: [join(ROOT, 'examples/shop/proto'), PROTO_DIRECTORY] })

const loaders = [
  ['a set of descriptors', descriptorSet],
  ['plain proto-loader', plainly],
] as const

test.each(loaders)('a server refuses to start with services from %s, naming each method', async (_, load) => {
  const refusal = await refusalOf('METHOD_NOT_DECLARED', async () => serverOf(await load()).listen('localhost:0'))
  for (const method of METHODS) expect(refusal.message).toContain(method)
})

test.each(loaders)('a server starts with services from %s once a table has their rules', async (_, load) => {
  const rules = rulesFromTable(Object.fromEntries(METHODS.map((method) => [method, { scopes: ['shop'] }])))
  const server = serverOf(await load(), rules)
  expect(await server.listen('localhost:0')).toMatchObject({ host: 'localhost' })
  await server.close()
})
