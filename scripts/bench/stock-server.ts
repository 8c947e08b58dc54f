import { Server, ServerCredentials, type ServerOptions } from '@grpc/grpc-js'
import type { CredentialMaterial } from 'countersign'
import { Echo } from './protos.ts'

/**
 * An echo of stock grpc-js: its own TLS listener, a client certificate required, a callback handler. Returns its port.
 * @param onCall what the handler does before it answers
 */
export function serveStock(
  material: CredentialMaterial,
  options: ServerOptions = {},
  onCall: () => void = () => {},
): Promise<number> {
  const server = new Server(options)
  server.addService(Echo.service, {
    Say: (call: { request: object }, callback: (error: null, response: object) => void) => {
      onCall()
      callback(null, call.request)
    },
  })
  return bindStock(server, material)
}

/** Lets a server listen as stock grpc-js does: its own TLS listener, a client certificate required. Returns the port. */
export function bindStock(server: Server, material: CredentialMaterial): Promise<number> {
  const pair = { private_key: Buffer.from(material.privateKey), cert_chain: Buffer.from(material.certificateChain) }
  const tls = ServerCredentials.createSsl(Buffer.from(material.bundle), [pair], true)
  return new Promise((resolve, reject) =>
    server.bindAsync('localhost:0', tls, (error, port) => (error === null ? resolve(port) : reject(error))),
  )
}
