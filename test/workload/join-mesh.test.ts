import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { AccessRules } from '../../src/access/access-rules.ts'
import { type Address, formatAddress } from '../../src/core/address.ts'
import { silentLogger } from '../../src/core/logger.ts'
import type { CredentialMaterial } from '../../src/identity/credential.ts'
import { MemoryCredentialSource } from '../../src/identity/credential-source.ts'
import { MeshServer } from '../../src/interceptor/mesh-server.ts'
import { joinMesh } from '../../src/workload/join-mesh.ts'
import type { Workload } from '../../src/workload/workload.ts'
import { startAuthority, type TestAuthority } from '../support/authority.ts'
import { temporaryDirectory } from '../support/directory.ts'
import { createTestCa } from '../support/pki.ts'
import { refusalOf } from '../support/refusal.ts'
import { trustIn } from '../support/trust.ts'
import { plainHandlers, Warehouse } from '../support/warehouse.ts'

const pki = createTestCa()
const policy = 'grants: [{ caller: orders, audience: warehouse, scopes: [warehouse.pick] }]'
let authority: TestAuthority

beforeAll(async () => {
  authority = await startAuthority({ pki, policy })
})
afterAll(() => authority.close())

/** A directory with the credentials of services. */
async function credentialsOf(...services: readonly string[]): Promise<string> {
  const directory = await temporaryDirectory()
  for (const service of services) await writeCredential(directory, service, pki.material(service))
  return directory
}

async function writeCredential(directory: string, service: string, material: CredentialMaterial): Promise<void> {
  await mkdir(dirname(join(directory, service)), { recursive: true })
  await writeFile(join(directory, `${service}.pem`), material.certificateChain)
  await writeFile(join(directory, `${service}.key`), material.privateKey)
  await writeFile(join(directory, 'bundle.pem'), material.bundle)
}

async function joinAt(service: string, credentials: string, address: Address = authority.address): Promise<Workload> {
  const workload = await joinMesh({ service, credentials, authority: formatAddress(address), logger: silentLogger })
  onTestFinished(() => workload.close())
  return workload
}

/** A server of the mesh that is not the authority. */
async function startInventory() {
  const server = new MeshServer(
    {
      credentials: new MemoryCredentialSource(pki.credential('inventory')),
      verifyToken: () => Promise.reject(new TypeError('no tokens here')),
      trust: trustIn({ pki }),
      logger: silentLogger,
      clock: Date.now,
    },
    AccessRules.empty,
  )
  onTestFinished(() => server.close())
  return server.listen('localhost:0')
}

describe('joinMesh', () => {
  test('makes a process a service that serves and calls', async () => {
    const credentials = await credentialsOf('orders', 'warehouse')
    const warehouse = await joinAt('warehouse', credentials)
    const server = warehouse.createServer()
    server.addService(Warehouse, plainHandlers)
    const address = formatAddress(await server.listen('localhost:0'))

    const orders = await joinAt('orders', credentials)
    expect(orders.serviceId).toBe('spiffe://shop.internal/orders')
    expect(await orders.createClient(Warehouse, 'warehouse', address).pick({})).toMatchObject({ note: 'picked' })
  })

  test('takes the environment where it is not told', async () => {
    process.env['COUNTERSIGN_AUTHORITY'] = formatAddress(authority.address)
    process.env['COUNTERSIGN_CREDENTIALS'] = await credentialsOf('billing/invoices')
    onTestFinished(() => {
      delete process.env['COUNTERSIGN_AUTHORITY']
      delete process.env['COUNTERSIGN_CREDENTIALS']
    })
    const workload = await joinMesh({ service: 'billing/invoices', logger: silentLogger })
    expect(workload.serviceId).toBe('spiffe://shop.internal/billing/invoices')
    await workload.close()
  })

  test('is refused where a file is missing, and names it', async () => {
    for (const file of ['orders.pem', 'orders.key', 'bundle.pem']) {
      const credentials = await credentialsOf('orders')
      await rm(join(credentials, file))
      const { message } = await refusalOf('CONFIGURATION_INVALID', () => joinAt('orders', credentials))
      expect(message).toContain(join(credentials, file))
    }
    await refusalOf('CONFIGURATION_INVALID', () => joinAt('orders', '/nowhere/at/all'))
  })

  test('is refused with a credential that has expired', async () => {
    const credentials = await temporaryDirectory()
    const aged = pki.material('orders', { clock: () => Date.now() - 25 * 60 * 60 * 1000 })
    await writeCredential(credentials, 'orders', aged)
    await refusalOf('CERTIFICATE_EXPIRED', () => joinAt('orders', credentials))
  })

  test('is refused with a credential whose parts do not fit, or of another service', async () => {
    const [own, other] = [pki.material('orders'), pki.material('shipping')]
    const mixed: readonly CredentialMaterial[] = [
      { ...own, privateKey: other.privateKey },
      { ...own, bundle: createTestCa().ca.bundle },
      { ...own, privateKey: own.certificateChain },
      { ...own, certificateChain: '' },
      other,
    ]
    for (const material of mixed) {
      const credentials = await temporaryDirectory()
      await writeCredential(credentials, 'orders', material)
      const { message } = await refusalOf('CONFIGURATION_INVALID', () => joinAt('orders', credentials))
      expect(message).not.toContain('PRIVATE KEY')
    }
  })

  test('is refused for what is no service', async () => {
    const credentials = await credentialsOf('orders')
    for (const service of ['', '/orders', 'orders/', '../orders', 'spiffe://shop.internal/orders', 'bundle']) {
      await refusalOf('REQUEST_INVALID', () => joinAt(service, credentials))
    }
  })

  test('is refused after ten seconds where no authority answers, or another server does', async () => {
    const credentials = await credentialsOf('orders')
    const silent = createServer(() => {}).listen(0, 'localhost')
    onTestFinished(() => void silent.close())
    await new Promise((resolve) => silent.once('listening', resolve))
    const { port } = silent.address() as { port: number }
    const inventory = await startInventory()

    const refused = (address: Address) =>
      refusalOf('AUTHORITY_UNAVAILABLE', () => joinAt('orders', credentials, address))
    const [nobody, another] = await Promise.all([
      refused({ host: 'localhost', port: 1 }),
      refused(inventory),
      refused({ host: 'localhost', port }),
      refused({ host: 'authority.invalid', port: 8440 }),
    ])
    expect(nobody.message).toContain('COUNTERSIGN_AUTHORITY')
    expect(another.message).toContain('spiffe://shop.internal/inventory')
  })
})

describe('a workload', () => {
  test('closes what it made, and may be closed twice', async () => {
    const credentials = await credentialsOf('orders', 'warehouse')
    const warehouse = await joinAt('warehouse', credentials)
    const server = warehouse.createServer()
    server.addService(Warehouse, plainHandlers)
    const address = formatAddress(await server.listen('localhost:0'))
    const orders = (await joinAt('orders', credentials)).createClient(Warehouse, 'warehouse', address)
    await orders.pick({})
    await Promise.all([warehouse.close(), warehouse.close()])
    await expect(orders.pick({})).rejects.toMatchObject({ status: 14 })
  })

  test('reaches no other service than the one that it names', async () => {
    const credentials = await credentialsOf('orders', 'shipping')
    const shipping = await joinAt('shipping', credentials)
    const server = shipping.createServer()
    server.addService(Warehouse, plainHandlers)
    const address = formatAddress(await server.listen('localhost:0'))
    const orders = (await joinAt('orders', credentials)).createClient(Warehouse, 'warehouse', address)
    await expect(orders.pick({})).rejects.toMatchObject({
      status: 14,
      details: expect.stringContaining('spiffe://shop.internal/shipping instead of spiffe://shop.internal/warehouse'),
    })
  })

  test('cannot be told to call what is no service, or no address', async () => {
    const orders = await joinAt('orders', await credentialsOf('orders'))
    await refusalOf('REQUEST_INVALID', () => orders.createClient(Warehouse, 'spiffe://a/b', 'localhost:1'))
    await refusalOf('CONFIGURATION_INVALID', () => orders.createClient(Warehouse, 'warehouse', '127.0.0.1:1'))
  })
})
