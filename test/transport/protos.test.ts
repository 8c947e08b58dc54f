import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ServiceDefinition } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import type { ProtoGrpcType } from '../../examples/shop/gen/shop.ts'
import { TokenService, TrustService, VerifierService } from '../../src/transport/authority-protos.ts'
import { loadProtos, type MessageOptions, rulesOf } from '../../src/transport/protos.ts'
import { temporaryDirectory } from '../support/directory.ts'
import { refusalOf } from '../support/refusal.ts'

const SHOP = `
syntax = "proto3";
package shop.v1;
import "countersign/v1/access.proto";
message Empty {}
service Orders {
  rpc Place(Empty) returns (Empty) { option (countersign.v1.access) = { scopes: ["orders.place"] }; }
  rpc Find(Empty) returns (Empty) { option (countersign.v1.access) = { authentication: CERTIFICATE, callers: ["billing"] }; }
}
service Internals {
  rpc Undeclared(Empty) returns (Empty);
}`

interface Shop {
  readonly shop: { readonly v1: Readonly<Record<'Orders' | 'Internals', { readonly service: ServiceDefinition }>> }
}

async function shopDirectory(text = SHOP): Promise<string> {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'shop.proto'), text)
  return directory
}

describe('protos', () => {
  test('are loaded with the access rules that stand in them; our own are found without being named', async () => {
    const { shop } = loadProtos<Shop>(['shop.proto'], { directories: [await shopDirectory()] })
    const rules = rulesOf(shop.v1.Orders.service)
    expect(Object.keys(shop.v1.Orders.service)).toEqual(['Place', 'Find'])
    expect(rules.ruleOf('/shop.v1.Orders/Place')).toMatchObject({ authentication: 'TOKEN', scopes: ['orders.place'] })
    expect(rules.ruleOf('/shop.v1.Orders/Find')).toMatchObject({ authentication: 'CERTIFICATE' })
  })

  test('may lie in a directory that is given as URL', async () => {
    const { shop } = loadProtos<Shop>(['shop.proto'], { directories: [pathToFileURL(`${await shopDirectory()}/`)] })
    expect(rulesOf(shop.v1.Orders.service).paths).toHaveLength(2)
  })

  test('without a rule are loaded, and nobody may call them', async () => {
    const { shop } = loadProtos<Shop>(['shop.proto'], { directories: [await shopDirectory()] })
    expect(rulesOf(shop.v1.Internals.service).ruleOf('/shop.v1.Internals/Undeclared')).toBeUndefined()
  })

  test('that were loaded in another way have no rules', async () => {
    const { shop } = loadProtos<Shop>(['shop.proto'], { directories: [await shopDirectory()] })
    expect(rulesOf({ ...shop.v1.Orders.service }).paths).toEqual([])
    expect(rulesOf({}).paths).toEqual([])
  })

  test('with a rule that cannot be read are refused, and so is a file that is not there', async () => {
    const directory = await shopDirectory(SHOP.replace('scopes: ["orders.place"]', 'scope: "orders.place"'))
    const refusal = await refusalOf('CONFIGURATION_INVALID', () =>
      loadProtos(['shop.proto'], { directories: [directory] }),
    )
    expect(refusal.message).toContain('/shop.v1.Orders/Place')
    await refusalOf('CONFIGURATION_INVALID', () => loadProtos(['nothing.proto'], { directories: [directory] }))
    await refusalOf('CONFIGURATION_INVALID', () => loadProtos(['shop.proto'], { directories: [] }))
  })

  test('of our own have a rule for every method: by certificate, but for what revokes', () => {
    for (const { service } of [TokenService, TrustService, VerifierService]) {
      for (const { path } of Object.values(service)) {
        const authentication = path === TrustService.service.Revoke.path ? 'TOKEN' : 'CERTIFICATE'
        expect(rulesOf(service).ruleOf(path), path).toMatchObject({ authentication })
      }
    }
  })
})

test('messages look as the service has them: an existing one need not change its code', async () => {
  const directories = [new URL('../../examples/shop/proto', import.meta.url)]
  const load = (messages?: MessageOptions) =>
    loadProtos<ProtoGrpcType>(['shop/v1/shop.proto'], { directories, ...(messages && { messages }) }).shop.v1.Orders
  const { responseSerialize } = load().service.Place
  const bytes = responseSerialize({ orderId: 'one' })
  expect(load().service.Place.responseDeserialize(bytes)).toEqual({ orderId: 'one' })
  expect(load({ keepCase: true }).service.Place.responseDeserialize(bytes)).toEqual({ order_id: 'one' })
  expect(rulesOf(load({ keepCase: true }).service).ruleOf('/shop.v1.Orders/Place')).toBeDefined()
})
