import { isIP } from 'node:net'
import { AuthError } from './errors.ts'

/** Where to listen or to connect: a host name and a port. */
export interface Address {
  readonly host: string
  readonly port: number
}

const FORM = /^([A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?):(\d{1,5})$/

/**
 * Parses `host:port`. The host is a name, never an IP literal: certificates are checked
 * against names, and Node 26 refuses a literal as TLS server name.
 * @throws AuthError CONFIGURATION_INVALID
 */
export function parseAddress(text: string): Address {
  const [, host, port] = FORM.exec(text) ?? []
  if (host === undefined || Number(port) > 65535) {
    throw new AuthError(
      'CONFIGURATION_INVALID',
      `"${text}" is not an address: write host:port, such as localhost:8440.`,
    )
  }
  if (isIP(host) !== 0) {
    throw new AuthError(
      'CONFIGURATION_INVALID',
      `"${text}" names an IP address: write a host name, such as localhost:${port}.`,
    )
  }
  return { host, port: Number(port) }
}

export function formatAddress(address: Address): string {
  return `${address.host}:${address.port}`
}
