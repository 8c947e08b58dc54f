import type { Socket } from 'node:net'
import { CallCredentials, ChannelCredentials } from '@grpc/grpc-js'

type SecureConnector = ReturnType<ChannelCredentials['_createSecureConnector']>

/**
 * Channel credentials that leave the handshake to a function of ours. Stock ones show the server's certificate, but
 * never the connection that it came on, and this is what has to be cut when the certificate expires.
 */
export class ConnectorCredentials extends ChannelCredentials {
  readonly #connect: (tcp: Socket) => Promise<Socket>

  constructor(connect: (tcp: Socket) => Promise<Socket>) {
    super()
    this.#connect = connect
  }

  override _createSecureConnector(): SecureConnector {
    const callCredentials = CallCredentials.createEmpty()
    return {
      connect: async (tcp) => ({ socket: await this.#connect(tcp), secure: true }),
      waitForReady: async () => {},
      getCallCredentials: () => callCredentials,
      destroy() {},
    }
  }

  override _isSecure(): boolean {
    return true
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other
  }
}
