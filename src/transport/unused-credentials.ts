import { type ChannelCredentials, credentials } from '@grpc/grpc-js'

let made: ChannelCredentials | undefined

/**
 * What grpc-js wants for a client to which a channel is given, and does not use. It is one that fails without that
 * channel, rather than one that goes on in plaintext; to make it takes milliseconds, since it reads the system's roots.
 */
export function unusedCredentials(): ChannelCredentials {
  made ??= credentials.createSsl()
  return made
}
