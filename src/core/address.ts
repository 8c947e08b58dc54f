import { isIP } from 'node:net'
import { AuthError } from './errors.ts'

/** Where to listen or to connect: a host and a port. */
export interface Address {
  /** A host name or, to listen, an IP address without brackets. */
  readonly host: string
  readonly port: number
}

/** Labels of letters, digits and hyphens; the last begins with a letter, unlike that of any form of an IPv4 address. */
const NAME = /^((?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?):(0|[1-9]\d{0,4})$/
const IP = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9.]{7,15})):(0|[1-9]\d{0,4})$/
const MAX_HOST_LENGTH = 253
const MAX_PORT = 65535

/**
 * Parses where a server is: `host:port`. The host is a name, never an IP address: certificates are checked
 * against names, and Node 26 refuses an address as TLS server name.
 * @throws AuthError CONFIGURATION_INVALID
 */
export function parseAddress(text: string): Address {
  const [, host, port] = text.length > MAX_HOST_LENGTH + ':65535'.length ? [] : (NAME.exec(text) ?? [])
  if (host === undefined || host.length > MAX_HOST_LENGTH || Number(port) > MAX_PORT) {
    throw invalid(
      text,
      'write a host name and a port, such as localhost:8440; certificates name hosts, not IP addresses',
    )
  }
  return { host, port: Number(port) }
}

/**
 * Parses where to listen: `host:port`, or an IP address and a port. `0.0.0.0:8440` and `[::]:8440` are every
 * address of the machine. Port 0 takes a free one.
 * @throws AuthError CONFIGURATION_INVALID
 */
export function parseListenAddress(text: string): Address {
  const [, version6, version4, port] = IP.exec(text) ?? []
  const host = version6 ?? version4
  if (host === undefined) return parseAddress(text)
  if (isIP(host) !== (version6 === undefined ? 4 : 6) || Number(port) > MAX_PORT) {
    throw invalid(text, 'write an IP address and a port, such as 0.0.0.0:8440 or [::]:8440')
  }
  return { host, port: Number(port) }
}

/** As it is parsed: `localhost:8440`, `[::1]:8440`. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function invalid(text: string, hint: string): AuthError {
  return new AuthError('CONFIGURATION_INVALID', `"${text}" is not an address: ${hint}.`)
}
