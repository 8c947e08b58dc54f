import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ClientDuplexStream, loadPackageDefinition, type StatusObject } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { ReflectionService } from '@grpc/reflection'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { AccessRules, REFLECTION_RULES } from '../../src/access/access-rules.ts'
import { formatAddress } from '../../src/core/address.ts'
import { PROTO_DIRECTORY } from '../../src/transport/protos.ts'
import type { Workload } from '../../src/workload/workload.ts'
import { plainTls, startMesh, type TestMesh } from '../support/mesh.ts'
import { type Ending, endingOf } from '../support/plain-client.ts'
import { refusalOf } from '../support/refusal.ts'
import { plainHandlers, Warehouse } from '../support/warehouse.ts'

const REFLECTION_PROTOS = join(dirname(fileURLToPath(import.meta.resolve('@grpc/reflection'))), '../proto')
const VERSIONS = ['v1', 'v1alpha'] as const

let mesh: TestMesh
let workload: Workload
beforeAll(async () => {
  mesh = await startMesh(plainHandlers)
  workload = await mesh.join('warehouse')
})
afterAll(() => mesh.close())

/** A server with reflection as its own package brings it. */
function reflectingServer(rules: AccessRules) {
  const server = workload.createServer({ rules })
  server.addService(Warehouse, plainHandlers)
  const warehouse = loadSync('warehouse/v1/warehouse.proto', {
    includeDirs: [PROTO_DIRECTORY, join(import.meta.dirname, '../support/proto')],
  })
  new ReflectionService(warehouse, { services: ['warehouse.v1.Warehouse'] }).addToServer(server)
  onTestFinished(() => server.close())
  return server
}

/** What a service learns that asks which services there are, and how that ended. */
async function listServices(version: (typeof VERSIONS)[number], address: string, as: string) {
  const definition = loadSync(`grpc/reflection/${version}/reflection.proto`, { includeDirs: [REFLECTION_PROTOS] })
  const { grpc } = loadPackageDefinition(definition) as unknown as Protos
  const client = new grpc.reflection[version].ServerReflection(address, plainTls(mesh.pki.credential(as)))
  onTestFinished(() => client.close())
  const stream = client.serverReflectionInfo()
  const services: unknown[] = []
  stream.on('data', (response: Response) => services.push(...response.listServicesResponse.service))
  stream.on('error', () => {})
  const ended = new Promise<Ending>((resolve) => stream.on('status', (end: StatusObject) => resolve(endingOf(end))))
  stream.write({ listServices: '' })
  stream.end()
  return { services, ending: await ended }
}

interface Response {
  readonly listServicesResponse: { readonly service: readonly unknown[] }
}

interface Reflection {
  close(): void
  serverReflectionInfo(): ClientDuplexStream<object, Response>
}

interface Protos {
  readonly grpc: {
    readonly reflection: Readonly<
      Record<
        (typeof VERSIONS)[number],
        { readonly ServerReflection: new (address: string, credentials: ReturnType<typeof plainTls>) => Reflection }
      >
    >
  }
}

describe('reflection', () => {
  test.each(VERSIONS)('%s answers operators, and nobody else', async (version) => {
    const address = formatAddress(await reflectingServer(REFLECTION_RULES).listen('localhost:0'))
    const { services, ending } = await listServices(version, address, 'countersign/operator/alice')
    expect(ending).toMatchObject({ status: 'OK' })
    expect(services).toEqual([{ name: 'warehouse.v1.Warehouse' }])
    for (const service of ['orders', 'warehouse', 'operator/alice']) {
      const refused = await listServices(version, address, service)
      expect(refused.ending, service).toMatchObject({ status: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' })
      expect(refused.services).toEqual([])
    }
  })

  test('without rules for it keeps a server from starting', async () => {
    const refusal = await refusalOf('METHOD_NOT_DECLARED', () =>
      reflectingServer(AccessRules.empty).listen('localhost:0'),
    )
    for (const path of REFLECTION_RULES.paths) expect(refusal.message).toContain(path)
  })
})
