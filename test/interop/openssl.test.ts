import { once } from 'node:events'
import { Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { silentLogger } from '../../src/core/logger.ts'
import type { Credential } from '../../src/identity/credential.ts'
import { createTestCa } from '../../src/testing/test-ca.ts'
import { type Connection, createConnector } from '../../src/transport/connector.ts'
import { writeCredential } from '../support/credential-on-disk.ts'
import { openListener } from '../support/listener.ts'
import { NAMINGS } from '../support/namings.ts'
import { describeWith, openssl, type RunningTool, runTool, startTool, type ToolRun } from '../support/tools.ts'

const ca = createTestCa()
const stranger = createTestCa()

/** What another CA has issued, for who trusts ours. */
const foreign = (service: string) => stranger.credential(service, { bundle: ca.bundle })

describeWith(openssl, 'openssl over TLS', () => {
  for (const { title, credential, dnsNames } of NAMINGS) {
    test(`s_server, with ${title}, and our connector accept each other`, async () => {
      const { server, port } = await serve(credential('warehouse', { dnsNames }))
      const { socket } = await connect(port, credential('orders', { dnsNames }))
      expect(socket.authorized).toBe(true)
      await server.printed(/^CIPHER is TLS_/m)
    })

    test(`s_client, with ${title}, and our listener accept each other`, async () => {
      const { port, outcome } = await openListener({ credentials: credential('warehouse', { dnsNames }) })
      const { exitCode, output } = await connectWith(credential('orders', { dnsNames }), port)
      expect(output).toContain('Verify return code: 0 (ok)')
      expect(exitCode).toBe(0)
      expect(await outcome()).toBe('accepted')
    })
  }

  test('s_client finds the host name where the certificate has one', async () => {
    for (const [dnsNames, verdict] of [
      [['localhost'], 'Verified peername: localhost'],
      [['warehouse.shop.internal'], 'hostname mismatch'],
    ] as const) {
      const { port } = await openListener({ credentials: ca.credential('warehouse', { dnsNames }) })
      const { output } = await connectWith(ca.credential('orders'), port, '-verify_hostname', 'localhost')
      expect(output).toContain(verdict)
    }
  })

  test('s_client is refused with the certificate of another CA', async () => {
    const { port, outcome } = await openListener({ credentials: ca.credential('warehouse') })
    await connectWith(foreign('orders'), port)
    expect(await outcome()).toMatch(/^TRANSPORT_NOT_AUTHENTICATED: certificate of another CA/)
  })

  test('s_client refuses a server of another CA', async () => {
    const { port } = await openListener({ credentials: foreign('warehouse') })
    const { exitCode, output } = await connectWith(ca.credential('orders'), port)
    expect(output).toContain('unable to get local issuer certificate')
    expect(exitCode).not.toBe(0)
  })

  test('s_server refuses the certificate of another CA', async () => {
    const { server, port } = await serve(ca.credential('warehouse'))
    await connect(port, foreign('orders'))
    await server.printed(/certificate verify failed/)
    expect(server.output()).not.toContain('CIPHER is')
  })

  test('s_server is refused with the certificate of another CA', async () => {
    const { port } = await serve(foreign('warehouse'))
    await expect(connect(port, ca.credential('orders'))).rejects.toThrow('unable to get local issuer certificate')
  })
})

async function serve(credential: Credential): Promise<{ readonly server: RunningTool; readonly port: number }> {
  const args = ['s_server', '-accept', 'localhost:0', '-Verify', '3', ...(await tlsArguments(credential))]
  const server = startTool(openssl, args)
  const [, port] = await server.printed(/^ACCEPT .*:(\d+)$/m)
  return { server, port: Number(port) }
}

async function connectWith(credential: Credential, port: number, ...more: string[]): Promise<ToolRun> {
  const args = ['s_client', '-connect', `localhost:${port}`, ...(await tlsArguments(credential)), ...more]
  return runTool(openssl, args)
}

async function tlsArguments(credential: Credential): Promise<readonly string[]> {
  const { leaf, intermediate, key, bundle } = await writeCredential(credential)
  const own = ['-cert', leaf, '-cert_chain', intermediate, '-key', key]
  return [...own, '-CAfile', bundle, '-verify_return_error', '-x509_strict', '-tls1_3', '-alpn', 'h2']
}

async function connect(port: number, credential: Credential): Promise<Connection> {
  const address = { host: 'localhost', port }
  const tcp = new Socket().connect(address)
  onTestFinished(() => void tcp.destroy())
  await once(tcp, 'connect')
  const server = ca.credential('warehouse').serviceId
  const options = { address, server, credential, logger: silentLogger, clock: systemClock, handshakeTimeoutMs: 5_000 }
  const connection = await createConnector(options)(tcp)
  onTestFinished(() => void connection.socket.destroy())
  return connection
}
